import { STATE_FILTER } from '../owners/list-query.js';
import { type OwnerWords } from '../owners/owner-words.js';
import { paths } from '../paths.js';

export const TEAM_WORDS: OwnerWords = {
  one: 'team',
  section: 'teams',
  path: paths.teams,
  page: paths.team,
  filters: [STATE_FILTER],
  placeholder: 'Name, id',
  about: '',
  newIntro: 'Everything can stay empty.',
  editIntro: 'Changes hold from the next call on.',
  consequences: [
    'All keys of the team are deleted with it. Calls with them get 401 within one second.',
    'Its members stay users; their budgets in this team go. Usage and logs stay.',
    'A deleted team cannot be brought back.',
  ],
  milder: 'Blocking refuses all of its keys and can be undone.',
  done: {
    created: 'The team is there. Add members or a key next.',
    saved: 'The team is changed.',
    blocked: 'The team is blocked: all of its keys are refused.',
    unblocked: 'The keys of the team work again.',
    deleted: 'The team and its keys are deleted.',
    'member-added': 'The member is added.',
    'member-saved': 'The member is changed.',
    'member-removed': 'The member and his keys of this team are gone.',
  },
  unknown: () => ({
    icon: 'search',
    title: 'No team matches',
    text: 'Look for a part of the name or the id.',
    label: 'Show all teams',
    href: paths.teams,
  }),
  none: (mayWrite) => ({
    icon: 'team',
    title: 'No teams yet',
    text: 'A team is several users who share models, a budget and limits. Each member can have a budget of his own in it.',
    label: mayWrite ? 'Add the first team' : '',
    href: paths.new(paths.teams),
  }),
};
