import { type JsonObject } from '@app/call';
import { BIGINT_AS_NUMBER, StampedEntity } from '@app/database';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A virtual key. The credential itself is stored nowhere; spend is counted in libs/spend. */
@Entity('virtual_keys')
export class KeyEntity extends StampedEntity {
  /** Lower-case hex SHA-256 of the credential. */
  @PrimaryColumn({ type: 'text' })
  hash!: string;

  @Column({ name: 'key_name', type: 'text' })
  keyName!: string;

  @Column({ name: 'key_alias', type: 'text', nullable: true })
  keyAlias!: string | null;

  @Column({ name: 'user_id', type: 'text', nullable: true })
  userId!: string | null;

  @Column({ name: 'team_id', type: 'text', nullable: true })
  teamId!: string | null;

  @Column({ name: 'organization_id', type: 'text', nullable: true })
  organizationId!: string | null;

  /** A budget row that fills in the limits which the key has none of its own for. */
  @Column({ name: 'budget_id', type: 'text', nullable: true })
  budgetId!: string | null;

  @Column({ type: 'text', array: true })
  models!: string[];

  @Column({ type: 'jsonb' })
  aliases!: Record<string, string>;

  @Column({ name: 'allowed_routes', type: 'text', array: true })
  allowedRoutes!: string[];

  @Column({ name: 'allowed_cache_controls', type: 'text', array: true })
  allowedCacheControls!: string[];

  /** Exact decimal text, as PostgreSQL's numeric comes. */
  @Column({ name: 'max_budget_usd', type: 'numeric', precision: 38, scale: 12, nullable: true })
  maxBudgetUsd!: string | null;

  @Column({ name: 'soft_budget_usd', type: 'numeric', precision: 38, scale: 12, nullable: true })
  softBudgetUsd!: string | null;

  /** As it was given: `30d`, `1mo`. */
  @Column({ name: 'budget_duration', type: 'text', nullable: true })
  budgetDuration!: string | null;

  @Column({ name: 'budget_starts_at', type: 'timestamptz' })
  budgetStartsAt!: Date;

  @Column({ name: 'rpm_limit', type: 'bigint', nullable: true, transformer: BIGINT_AS_NUMBER })
  rpmLimit!: number | null;

  @Column({ name: 'tpm_limit', type: 'bigint', nullable: true, transformer: BIGINT_AS_NUMBER })
  tpmLimit!: number | null;

  @Column({ name: 'max_parallel_requests', type: 'integer', nullable: true })
  maxParallelRequests!: number | null;

  /** By model: an amount in USD, or `{budget_limit, time_period}`. */
  @Column({ name: 'model_max_budget', type: 'jsonb' })
  modelMaxBudget!: JsonObject;

  @Column({ name: 'model_rpm_limit', type: 'jsonb' })
  modelRpmLimit!: JsonObject;

  @Column({ name: 'model_tpm_limit', type: 'jsonb' })
  modelTpmLimit!: JsonObject;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Column({ type: 'boolean' })
  blocked!: boolean;

  @Column({ type: 'jsonb' })
  metadata!: JsonObject;

  /** The epoch of the last change; the newer of two copies is the true one. */
  @Column({ type: 'bigint' })
  version!: string;

  /** When its credential was last replaced by a new one. */
  @Column({ name: 'rotated_at', type: 'timestamptz', nullable: true })
  rotatedAt!: Date | null;

  @Column({ name: 'rotation_count', type: 'integer' })
  rotationCount!: number;

  /** Whether it gets a new credential by itself, every `rotationInterval`. */
  @Column({ name: 'auto_rotate', type: 'boolean' })
  autoRotate!: boolean;

  /** As it was given: `30d`. */
  @Column({ name: 'rotation_interval', type: 'text', nullable: true })
  rotationInterval!: string | null;

  @Column({ name: 'rotation_due_at', type: 'timestamptz', nullable: true })
  rotationDueAt!: Date | null;
}
