import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type JsonObject } from '@app/call';

/** A model of the database, as it is stored: credentials are sealed. */
@Entity('models')
export class ModelEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ name: 'model_name', type: 'text' })
  modelName!: string;

  @Column({ name: 'litellm_params', type: 'jsonb' })
  litellmParams!: JsonObject;

  @Column({ name: 'model_info', type: 'jsonb' })
  modelInfo!: JsonObject;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  @Column({ name: 'updated_by', type: 'text' })
  updatedBy!: string;
}
