import { type DirectoryQuery } from '@app/admin';
import { type ListFilter } from './list-query.js';

/** What the pages of one kind of owner say, and where they are. */
export interface OwnerWords {
  /** Also the template of its page. */
  readonly one: 'user' | 'team' | 'customer' | 'budget';
  /** All of them; also the template of the list. */
  readonly section: 'users' | 'teams' | 'customers' | 'budgets';
  readonly path: string;
  readonly page: (id: string) => string;
  readonly filters: readonly ListFilter[];
  /** Of the search: what can be looked for. */
  readonly placeholder: string;
  /** Follows the count above the list; may be empty. */
  readonly about: string;
  readonly newIntro: string;
  readonly editIntro: string;
  /** Of deleting it, and what could be done instead. */
  readonly consequences: readonly string[];
  readonly milder: string;
  /** What has just been done, by the word in the address. */
  readonly done: Readonly<Record<string, string>>;
  /** In place of a list without rows: when nothing was found, and when there is nothing. */
  readonly unknown: (query: DirectoryQuery) => object;
  readonly none: (mayWrite: boolean) => object;
}

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
