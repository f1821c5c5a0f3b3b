import { type DirectoryQuery, type DirectorySort } from '@app/admin';
import { withQuery } from '../paths.js';
import { type Choice } from '../forms/form-field.js';

/** One way to narrow a list; the empty value stands for any. */
export interface ListFilter {
  readonly name: string;
  readonly label: string;
  readonly choices: readonly Choice[];
}

const SORTS: readonly (Choice & { readonly value: DirectorySort })[] = [
  { value: 'newest', label: 'Newest first' },
  { value: 'oldest', label: 'Oldest first' },
  { value: 'name', label: 'By name' },
];

export const STATE_FILTER: ListFilter = {
  name: 'state',
  label: 'Any status',
  choices: [
    { value: 'active', label: 'Active' },
    { value: 'spent', label: 'Over budget' },
    { value: 'blocked', label: 'Blocked' },
  ],
};

const MAX_SEARCH = 200;

/** What the address of a list asks for; what it cannot mean narrows nothing. */
export function readListQuery(query: URLSearchParams, filters: readonly ListFilter[]): DirectoryQuery {
  const text = (name: string): string =>
    (query.get(name) ?? '').replaceAll('\0', '').toWellFormed().trim().slice(0, MAX_SEARCH);
  const chosen = filters.map(({ name, choices }) => {
    const value = query.get(name) ?? '';
    return [name, choices.some((one) => one.value === value) ? value : ''] as const;
  });
  const sort = SORTS.find(({ value }) => value === query.get('sort'))?.value ?? 'newest';
  return { search: text('q'), filters: Object.fromEntries(chosen), sort, after: query.get('after') };
}

export interface ListFrame {
  readonly path: string;
  readonly query: DirectoryQuery;
  readonly filters: readonly ListFilter[];
  readonly next: string | null;
  readonly placeholder: string;
}

/** Search, filters, order and pages of a list, for the partials `list-filters` and `pager`. */
export function listFrame({ path, query, filters, next, placeholder }: ListFrame): object {
  const { search, sort, after } = query;
  const href = (change: Readonly<Record<string, string | null>>): string =>
    withQuery(path, {
      q: search,
      ...query.filters,
      sort: sort === 'newest' ? null : sort,
      after,
      ...change,
    });
  return {
    action: path,
    search,
    placeholder,
    filters: filters.map(({ name, label, choices }) => ({
      name,
      label,
      choices: choices.map((one) => ({ ...one, isSelected: query.filters[name] === one.value })),
    })),
    sorts: SORTS.map((one) => ({ ...one, isSelected: one.value === sort })),
    pager: {
      text: SORTS.find(({ value }) => value === sort)?.label ?? '',
      first: after !== null && { href: href({ after: null }) },
      next: next !== null && { href: href({ after: next }) },
    },
  };
}

export const isNarrowed = ({ search, filters }: DirectoryQuery): boolean =>
  search !== '' || Object.values(filters).some((value) => value !== '');
