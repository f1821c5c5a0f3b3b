import { STATE_FILTER } from '../owners/list-query.js';
import { type OwnerWords } from '../owners/owner-words.js';
import { paths } from '../paths.js';

export const USER_WORDS: OwnerWords = {
  one: 'user',
  section: 'users',
  path: paths.users,
  page: paths.user,
  filters: [
    STATE_FILTER,
    {
      name: 'role',
      label: 'Any role',
      choices: [
        { value: 'internal_user', label: 'Members' },
        { value: 'internal_user_viewer', label: 'Viewers' },
        { value: 'proxy_admin', label: 'Administrators' },
        { value: 'proxy_admin_viewer', label: 'Who only look' },
      ],
    },
  ],
  placeholder: 'Name, address, id',
  about: '',
  newIntro: 'Everything can stay empty.',
  editIntro: 'Changes hold from the next call on.',
  consequences: [
    'All keys of the user are deleted with him. Calls with them get 401 within one second.',
    'He leaves his teams. Usage and logs stay.',
    'A deleted user cannot be brought back.',
  ],
  milder: 'Blocking refuses all of his keys and can be undone.',
  done: {
    created: 'The user is there. Create a key for him next.',
    saved: 'The user is changed.',
    blocked: 'The user is blocked: all of his keys are refused.',
    unblocked: 'The keys of the user work again.',
    deleted: 'The user and all keys of the user are deleted.',
  },
  unknown: () => ({
    icon: 'search',
    title: 'No user matches',
    text: 'Look for a part of the name, the address or the id.',
    label: 'Show all users',
    href: paths.users,
  }),
  none: (mayWrite) => ({
    icon: 'user',
    title: 'No users yet',
    text: 'A user is a person or a service that owns keys. Budget and limits of a user hold over all of his keys, and usage is counted for him.',
    label: mayWrite ? 'Add the first user' : '',
    href: paths.new(paths.users),
  }),
};
