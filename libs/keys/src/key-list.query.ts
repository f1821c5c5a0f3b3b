import { BadRequestError, type JsonObject, readDto, TextField } from '@app/call';
import { hashOfIdentifier } from './key-hash.js';

const UNSUPPORTED = ['project_id', 'access_group_id', 'agent_id', 'expires'];

class KeyListParameters {
  static readonly unsupported: readonly string[] = UNSUPPORTED;
  @TextField() page?: string;
  @TextField() size?: string;
  @TextField() user_id?: string;
  @TextField() team_id?: string;
  @TextField() organization_id?: string;
  @TextField() key_hash?: string;
  @TextField() key_alias?: string;
  @TextField() substring_matching?: string;
  @TextField() return_full_object?: string;
  @TextField() include_team_keys?: string;
  @TextField() include_created_by_keys?: string;
  @TextField() sort_by?: string;
  @TextField() sort_order?: string;
  @TextField() expand?: string;
  @TextField() status?: string;
}

const SORT_COLUMNS = {
  created_at: 'created_at',
  updated_at: 'updated_at',
  key_alias: 'key_alias',
  max_budget: 'max_budget_usd',
  expires: 'expires_at',
  token: 'hash',
  spend: 'spend',
} as const;

export type SortColumn = (typeof SORT_COLUMNS)[keyof typeof SORT_COLUMNS];

/** What `GET /key/list` was asked for. */
export interface KeyListQuery {
  readonly page: number;
  readonly size: number;
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly organizationId: string | null;
  /** Of a key or its hash; a text that is neither finds nothing. */
  readonly hash: string | null;
  readonly alias: string | null;
  readonly aliasIsPart: boolean;
  readonly full: boolean;
  readonly withTeamKeys: boolean;
  readonly withCreatedKeys: boolean;
  readonly withUser: boolean;
  readonly deleted: boolean;
  readonly sortBy: SortColumn;
  readonly descending: boolean;
}

const MAX_SIZE = 100;
const MAX_PAGE = 1_000_000;

/** @throws BadRequestError naming the parameter that is wrong */
export function readKeyListQuery(query: Readonly<Record<string, unknown>>): KeyListQuery {
  const given = readDto(KeyListParameters, query as JsonObject);
  return {
    page: given.page ? wholeNumber('page', given.page, MAX_PAGE) : 1,
    size: given.size ? wholeNumber('size', given.size, MAX_SIZE) : 10,
    userId: given.user_id || null,
    teamId: given.team_id || null,
    organizationId: given.organization_id || null,
    hash: given.key_hash ? (hashOfIdentifier(given.key_hash) ?? 'none') : null,
    alias: given.key_alias || null,
    aliasIsPart: flag('substring_matching', given.substring_matching),
    full: flag('return_full_object', given.return_full_object),
    withTeamKeys: flag('include_team_keys', given.include_team_keys),
    withCreatedKeys: flag('include_created_by_keys', given.include_created_by_keys),
    withUser: choice('expand', given.expand, { user: true }) ?? false,
    deleted: choice('status', given.status, { deleted: true }) ?? false,
    sortBy: choice('sort_by', given.sort_by, SORT_COLUMNS) ?? 'created_at',
    descending: choice('sort_order', given.sort_order, { desc: true, asc: false }) ?? true,
  };
}

function wholeNumber(name: string, text: string, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most) return number;
  throw new BadRequestError(`${name} must be a whole number from 1 to ${most}.`, name);
}

function flag(name: string, text: string | undefined): boolean {
  return choice(name, text?.toLowerCase(), { true: true, false: false }) ?? false;
}

function choice<T>(
  name: string,
  text: string | undefined,
  choices: Readonly<Record<string, T>>,
): T | undefined {
  if (!text) return undefined;
  if (Object.hasOwn(choices, text)) return choices[text];
  throw new BadRequestError(`${name} must be one of ${Object.keys(choices).join(', ')}.`, name);
}
