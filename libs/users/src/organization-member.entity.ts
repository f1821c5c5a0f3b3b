import { Column, Entity, PrimaryColumn } from 'typeorm';

export type OrganizationRole = 'org_admin' | 'internal_user' | 'internal_user_viewer';

@Entity('organization_members')
export class OrganizationMemberEntity {
  @PrimaryColumn({ name: 'organization_id', type: 'text' })
  organizationId!: string;

  @PrimaryColumn({ name: 'user_id', type: 'text' })
  userId!: string;

  @Column({ type: 'text' })
  role!: OrganizationRole;

  @Column({ name: 'budget_id', type: 'text', nullable: true })
  budgetId: string | null = null;

  @Column({ name: 'created_at', type: 'timestamptz', insert: false, update: false })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', insert: false })
  updatedAt!: Date;
}
