import { type DirectoryQuery } from '@app/admin';
import { STATE_FILTER } from '../owners/list-query.js';
import { type OwnerWords } from '../owners/owner-words.js';
import { paths } from '../paths.js';

export const CUSTOMER_WORDS: OwnerWords = {
  one: 'customer',
  section: 'customers',
  path: paths.customers,
  page: paths.customer,
  filters: [STATE_FILTER],
  placeholder: 'Name, id',
  about: 'with a name, a budget or a block',
  newIntro: 'Only the id is needed.',
  editIntro: 'Changes hold from the next call on.',
  consequences: [
    'His name, his budget and his block go. Calls for him go on, bound by their key alone.',
    'Usage and logs stay.',
  ],
  milder: 'Blocking refuses calls for him and can be undone.',
  done: {
    created: 'The customer is there.',
    saved: 'The customer is changed.',
    blocked: 'The customer is blocked: calls for him are refused, whatever the key.',
    unblocked: 'Calls for the customer work again.',
    deleted: 'The customer is deleted. Calls for him go on without limits of his own.',
  },
  unknown,
  none: (mayWrite) => ({
    icon: 'user',
    title: 'No customers yet',
    text: 'A customer is somebody for whom a program makes calls, such as a user of LibreChat or Open WebUI. Give him a budget or block him without touching the key of the program.',
    label: mayWrite ? 'Add the first customer' : '',
    href: paths.new(paths.customers),
  }),
};

/** Whoever calls are made for has a page, known or not. */
function unknown({ search }: DirectoryQuery): object {
  const shown = { icon: 'search', title: 'No customer matches' };
  if (search === '') {
    const text = 'No customer is like that now.';
    return { ...shown, text, label: 'Show all customers', href: paths.customers };
  }
  return {
    ...shown,
    text: 'Only customers with a name, a budget or a block are listed here. Calls may still have been made for this id.',
    label: 'See the calls made for this id',
    href: paths.customer(search),
  };
}
