import { Injectable } from '@nestjs/common';
import { type Caller, PermissionError } from '@app/call';
import { isAdmin, isPlain, mayWrite, seesEverything, TeamMembers, type TeamRole } from '@app/users';

/** What a caller sees of a team: everything, everything of this team, or what belongs to himself in it. */
export type TeamSight = 'everything' | TeamRole;

/**
 * Who may do what with a team. A key that has a team acts only inside it. For everybody but an administrator a foreign team
 * and one that does not exist are the same: 403.
 */
@Injectable()
export class TeamRights {
  constructor(private readonly members: TeamMembers) {}

  /** @throws PermissionError */
  async requireSight(caller: Caller, teamId: string): Promise<TeamSight> {
    if (seesEverything(caller)) return 'everything';
    const role = await this.roleIn(caller, teamId);
    if (role === null) throw denied(teamId);
    return role;
  }

  /** Administrators of the gateway, and those of the team. @throws PermissionError */
  async requireManagement(caller: Caller, teamId: string): Promise<void> {
    if (isAdmin(caller)) return;
    const role = mayWrite(caller) ? await this.roleIn(caller, teamId) : null;
    if (role !== 'admin') throw denied(teamId);
  }

  private async roleIn(caller: Caller, teamId: string): Promise<TeamRole | null> {
    if (isPlain(caller) || (caller.teamId !== null && caller.teamId !== teamId)) return null;
    return this.members.roleOf(teamId, caller.userId);
  }
}

const denied = (teamId: string): PermissionError =>
  new PermissionError(
    `You have no right to do this with the team team_id=${teamId}.`,
    'auth_error',
    'team_id',
  );
