import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type JsonObject } from '@app/call';
import { StampedEntity } from '@app/database';

/** A model of the database, as it is stored: credentials are sealed. */
@Entity('models')
export class ModelEntity extends StampedEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ name: 'model_name', type: 'text' })
  modelName!: string;

  @Column({ name: 'litellm_params', type: 'jsonb' })
  litellmParams!: JsonObject;

  @Column({ name: 'model_info', type: 'jsonb' })
  modelInfo!: JsonObject;
}
