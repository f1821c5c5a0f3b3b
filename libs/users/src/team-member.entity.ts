import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Administrators of a team add and remove its members; see `/team/permissions_list` for what members may. */
export type TeamRole = 'admin' | 'user';

@Entity('team_members')
export class TeamMemberEntity {
  @PrimaryColumn({ name: 'team_id', type: 'text' })
  teamId!: string;

  @PrimaryColumn({ name: 'user_id', type: 'text' })
  userId!: string;

  @Column({ type: 'text' })
  role!: TeamRole;

  /** The member's own budget; null: what the team gives to each. */
  @Column({ name: 'budget_id', type: 'text', nullable: true })
  budgetId: string | null = null;

  @Column({ name: 'added_at', type: 'timestamptz', insert: false, update: false })
  addedAt!: Date;
}
