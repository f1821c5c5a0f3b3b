import { type ListedTeam } from '@app/admin';
import { modelsText, rowMeter } from '../owners/limits-panel.view.js';
import { ownerStatus } from '../owners/owner-status.js';
import { paths } from '../paths.js';
import { shownCount, shownTime } from '../shown-values.js';

export const teamRows = (teams: readonly ListedTeam[]): object[] =>
  teams.map((team) => ({
    href: paths.team(team.team_id),
    title: team.team_alias ?? team.team_id,
    name: team.team_alias ? team.team_id : '',
    status: ownerStatus(team),
    models: modelsText(team.models),
    members: shownCount(team.members_with_roles.length),
    keys: shownCount(team.keys),
    budget: rowMeter(team),
    created: shownTime(new Date(team.created_at), 'day'),
  }));
