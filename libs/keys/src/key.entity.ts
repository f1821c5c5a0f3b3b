import { type JsonObject } from '@app/call';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A virtual key. The credential itself is stored nowhere; spend is counted in libs/spend. */
@Entity('virtual_keys')
export class KeyEntity {
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

  @Column({ type: 'text', array: true })
  models!: string[];

  @Column({ type: 'jsonb' })
  aliases!: Record<string, string>;

  @Column({ name: 'allowed_routes', type: 'text', array: true })
  allowedRoutes!: string[];

  /** Exact decimal text, as PostgreSQL's numeric comes. */
  @Column({ name: 'max_budget_usd', type: 'numeric', precision: 38, scale: 12, nullable: true })
  maxBudgetUsd!: string | null;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Column({ type: 'boolean' })
  blocked!: boolean;

  @Column({ type: 'jsonb' })
  metadata!: JsonObject;

  /** The epoch of the last change; the newer of two copies is the true one. */
  @Column({ type: 'bigint' })
  version!: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  @Column({ name: 'updated_by', type: 'text' })
  updatedBy!: string;
}
