import { type JsonObject } from '@app/call';
import { StampedEntity } from '@app/database';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Teams under one roof, with a budget over all of them. */
@Entity('organizations')
export class OrganizationEntity extends StampedEntity {
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
}
