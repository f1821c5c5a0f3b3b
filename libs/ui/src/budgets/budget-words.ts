import { type OwnerWords } from '../owners/owner-words.js';
import { paths } from '../paths.js';

export const BUDGET_WORDS: OwnerWords = {
  one: 'budget',
  section: 'budgets',
  path: paths.budgets,
  page: paths.budget,
  filters: [],
  placeholder: 'Id',
  about: 'to share',
  newIntro: 'Everything can stay empty.',
  editIntro: 'Whatever it binds is bound anew from the next call on.',
  consequences: [
    'A budget that still binds a key, a customer, a member or an organization cannot be deleted.',
    'What was spent stays counted.',
  ],
  milder: '',
  done: {
    created: 'The budget is there. Give it to a customer next.',
    saved: 'The budget is changed.',
    deleted: 'The budget is deleted.',
  },
  unknown: () => ({
    icon: 'search',
    title: 'No budget matches',
    text: 'Look for a part of the id.',
    label: 'Show all budgets',
    href: paths.budgets,
  }),
  none: (mayWrite) => ({
    icon: 'chart',
    title: 'No budgets to share yet',
    text: 'A budget holds limits that many customers or keys have in common: change it once, and all of them are bound anew. Limits of one key, user or team are set there instead.',
    label: mayWrite ? 'Add the first budget' : '',
    href: paths.new(paths.budgets),
  }),
};
