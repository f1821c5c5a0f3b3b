import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type Actor, AuditLog } from '@app/audit';
import { type ShownTeam } from '@app/users';

/** What happens to teams, as the audit log keeps it. */
@Injectable()
export class TeamNotes {
  constructor(private readonly audit: AuditLog) {}

  async change(
    manager: EntityManager,
    actor: Actor,
    action: string,
    { before, after }: { readonly before: ShownTeam | null; readonly after: ShownTeam | null },
  ): Promise<void> {
    await this.audit.record(manager, actor, {
      action,
      entity: 'team',
      entityId: (after ?? before)?.team.row.team_id ?? '',
      before: before?.team.row ?? null,
      after: after?.team.row ?? null,
    });
  }

  async members(
    manager: EntityManager,
    actor: Actor,
    action: string,
    { team, of }: { readonly team: ShownTeam; readonly of: readonly string[] },
  ): Promise<void> {
    const { team_id, members_with_roles } = team.team.row;
    const budgets = team.memberships
      .filter(({ row }) => of.includes(row.user_id))
      .map(({ row }) => ({ user_id: row.user_id, limits: row.litellm_budget_table }));
    const after = { of: [...of], members: members_with_roles, budgets };
    await this.audit.record(manager, actor, {
      action,
      entity: 'team',
      entityId: team_id,
      before: null,
      after,
    });
  }
}
