import { type JsonObject } from '@app/call';
import { BIGINT_AS_NUMBER, StampedEntity } from '@app/database';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { LimitColumns } from './limit-columns.js';

/** Users who share models, money and limits. */
@Entity('teams')
export class TeamEntity extends StampedEntity {
  @PrimaryColumn({ name: 'team_id', type: 'text' })
  teamId!: string;

  @Column({ name: 'team_alias', type: 'text', nullable: true })
  teamAlias: string | null = null;

  @Column({ name: 'organization_id', type: 'text', nullable: true })
  organizationId: string | null = null;

  @Column({ type: 'text', array: true })
  models: string[] = [];

  /** Name that a key of the team asks for to the name that is served. */
  @Column({ name: 'model_aliases', type: 'jsonb' })
  modelAliases: Record<string, string> = {};

  @Column({ type: 'jsonb' })
  metadata: JsonObject = {};

  @Column({ type: 'boolean' })
  blocked = false;

  /** Key routes that plain members may call for keys of the team. */
  @Column({ name: 'member_permissions', type: 'text', array: true })
  memberPermissions: string[] = [];

  /** The budget of each member who has none of its own. */
  @Column({ name: 'member_budget_usd', type: 'numeric', precision: 38, scale: 12, nullable: true })
  memberBudgetUsd: string | null = null;

  @Column({ name: 'member_budget_duration', type: 'text', nullable: true })
  memberBudgetDuration: string | null = null;

  @Column({ name: 'member_rpm_limit', type: 'bigint', nullable: true, transformer: BIGINT_AS_NUMBER })
  memberRpmLimit: number | null = null;

  @Column({ name: 'member_tpm_limit', type: 'bigint', nullable: true, transformer: BIGINT_AS_NUMBER })
  memberTpmLimit: number | null = null;

  /** Lifetime of the keys that members make. */
  @Column({ name: 'member_key_duration', type: 'text', nullable: true })
  memberKeyDuration: string | null = null;

  @Column(() => LimitColumns, { prefix: false })
  limits: LimitColumns = new LimitColumns();
}
