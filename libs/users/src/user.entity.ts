import { type JsonObject, type Role } from '@app/call';
import { StampedEntity } from '@app/database';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { LimitColumns } from './limit-columns.js';

/** A person or a service that owns keys. */
@Entity('users')
export class UserEntity extends StampedEntity {
  @PrimaryColumn({ name: 'user_id', type: 'text' })
  userId!: string;

  @Column({ name: 'user_alias', type: 'text', nullable: true })
  userAlias: string | null = null;

  /** Unique, whatever its case. */
  @Column({ name: 'user_email', type: 'text', nullable: true })
  userEmail: string | null = null;

  @Column({ name: 'sso_user_id', type: 'text', nullable: true })
  ssoUserId: string | null = null;

  /** Null counts as internal_user. */
  @Column({ name: 'user_role', type: 'text', nullable: true })
  userRole: Role | null = null;

  @Column({ type: 'text', array: true })
  models: string[] = [];

  @Column({ type: 'jsonb' })
  metadata: JsonObject = {};

  @Column({ type: 'boolean' })
  blocked = false;

  @Column(() => LimitColumns, { prefix: false })
  limits: LimitColumns = new LimitColumns();
}
