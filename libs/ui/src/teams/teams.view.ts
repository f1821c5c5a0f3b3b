import { type DirectoryQuery, type ListedTeam } from '@app/admin';
import { modelsText, rowMeter } from '../owners/limits-panel.view.js';
import { isNarrowed, type ListFilter, listFrame, STATE_FILTER } from '../owners/list-query.js';
import { countText, doneFlash, ownerStatus } from '../owners/owner-status.js';
import { paths } from '../paths.js';
import { shownCount, shownTime } from '../shown-values.js';

export const TEAM_FILTERS: readonly ListFilter[] = [STATE_FILTER];

const DONE = { deleted: 'The team and its keys are deleted.' };

export interface TeamListPage {
  readonly query: DirectoryQuery;
  readonly teams: readonly ListedTeam[];
  readonly next: string | null;
  readonly count: number;
  readonly mayWrite: boolean;
  readonly done: string | null;
}

export function teamsView({ query, teams, next, count, mayWrite, done }: TeamListPage): object {
  return {
    subtitle: countText(count, 'team', 'teams'),
    add: mayWrite && { href: paths.newTeam },
    done: doneFlash(DONE, done),
    list: listFrame({ path: paths.teams, query, filters: TEAM_FILTERS, next, placeholder: 'Name, id' }),
    teams: teams.map((team) => ({
      href: paths.team(team.team_id),
      title: team.team_alias ?? team.team_id,
      name: team.team_alias ? team.team_id : '',
      status: ownerStatus(team),
      models: modelsText(team.models),
      members: shownCount(team.members_with_roles.length),
      keys: shownCount(team.keys),
      budget: rowMeter(team),
      created: shownTime(new Date(team.created_at), 'day'),
    })),
    empty: isNarrowed(query)
      ? {
          icon: 'search',
          title: 'No team matches',
          text: 'Look for a part of the name or the id.',
          label: 'Show all teams',
          href: paths.teams,
        }
      : {
          icon: 'team',
          title: 'No teams yet',
          text: 'A team is several users who share models, a budget and limits. Each member can have a budget of his own in it.',
          label: mayWrite ? 'Add the first team' : '',
          href: paths.newTeam,
        },
  };
}
