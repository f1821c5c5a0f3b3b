import { type JsonObject } from '@app/call';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Teams under one roof, with a budget over all of them. */
@Entity('organizations')
export class OrganizationEntity {
  @PrimaryColumn({ name: 'organization_id', type: 'text' })
  organizationId!: string;

  /** Not unique. */
  @Column({ name: 'organization_alias', type: 'text' })
  organizationAlias!: string;

  @Column({ name: 'budget_id', type: 'text' })
  budgetId!: string;

  @Column({ type: 'text', array: true })
  models: string[] = [];

  @Column({ type: 'jsonb' })
  metadata: JsonObject = {};

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  @Column({ name: 'updated_by', type: 'text' })
  updatedBy!: string;
}
