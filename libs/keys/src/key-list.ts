import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { type Caller, type JsonObject, PermissionError, UnavailableError } from '@app/call';
import { containing, DatabaseService, unavailableFrom } from '@app/database';
import { PrincipalReader, seesEverything } from '@app/users';
import { type KeyListQuery, readKeyListQuery, type SortColumn } from './key-list.query.js';
import { KeyEntity } from './key.entity.js';
import { type TokenView, toKeyView } from './key-view.js';

/** One page, as the contract has it. */
export interface KeyPage {
  readonly keys: readonly (string | JsonObject)[];
  readonly total_count: number;
  readonly current_page: number;
  readonly total_pages: number;
}

/** Keys of any of these. */
export interface OwnersOfKeys {
  readonly userIds?: readonly string[];
  readonly teamIds?: readonly string[];
}

interface Condition {
  readonly where: string;
  readonly values: unknown[];
}

interface HashRow {
  readonly hash: string;
  readonly shown?: JsonObject;
}

interface Found {
  readonly total: number;
  readonly rows: readonly HashRow[];
}

const OWN_AND_LED = { include_team_keys: 'true' };
/** What one answer may hold. */
const MAX_ALIASES = 100_000;
/** Sessions of the admin pages are keys too, and nobody's business. */
const NO_SESSIONS = `team_id IS DISTINCT FROM 'litellm-dashboard'`;
const SESSIONS = `team_id = 'litellm-dashboard'`;
const MANAGED_TEAMS = (user: string): string =>
  `team_id IN (SELECT team_id FROM team_members WHERE user_id = ${user} AND role = 'admin')`;
const SPENT = `COALESCE((SELECT spent_pico_usd FROM spend_totals
  WHERE scope = 'key:' || hash AND window_start = '-infinity'), 0)`;

/** Joined, not looked up row by row: who sorts by it needs all of them. */
const WITH_TOTALS = ` LEFT JOIN spend_totals ON scope = 'key:' || hash AND window_start = '-infinity'`;

/** Lists keys: administrators all of them, users their own and those of the teams they lead. */
@Injectable()
export class KeyList {
  constructor(
    @InjectRepository(KeyEntity) private readonly keys: Repository<KeyEntity>,
    private readonly principals: PrincipalReader,
    private readonly database: DatabaseService,
  ) {}

  /** @throws PermissionError for keys that are somebody else's, UnavailableError */
  async page(query: KeyListQuery, caller: Caller): Promise<KeyPage> {
    if (!this.database.ready) throw new UnavailableError('The database is not available. Try again shortly.');
    try {
      const condition = await this.conditionOf(query, caller);
      const { total, rows } = await this.found(query, condition);
      return {
        keys: query.full ? await this.views(query, rows) : rows.map(({ hash }) => hash),
        total_count: total,
        current_page: query.page,
        total_pages: Math.ceil(total / query.size),
      };
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    }
  }

  /** Every alias among the keys that a caller may see, in order. @throws PermissionError, UnavailableError */
  async aliases(caller: Caller): Promise<string[]> {
    if (!this.database.ready) throw new UnavailableError('The database is not available. Try again shortly.');
    try {
      const { where, values } = await this.conditionOf(readKeyListQuery(OWN_AND_LED), caller);
      const rows = await this.keys.query<{ alias: string }[]>(
        `SELECT DISTINCT key_alias AS alias FROM virtual_keys WHERE ${where} AND key_alias IS NOT NULL
         ORDER BY 1 LIMIT ${MAX_ALIASES}`,
        values,
      );
      return rows.map(({ alias }) => alias);
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    }
  }

  /** All keys of these users and teams, newest first. @throws UnavailableError */
  async ofOwners({ userIds = [], teamIds = [] }: OwnersOfKeys, limit: number): Promise<TokenView[]> {
    if (!this.database.ready) throw new UnavailableError('The database is not available. Try again shortly.');
    const found = await this.keys
      .createQueryBuilder('key')
      .where('(key.userId = ANY(:userIds) OR key.teamId = ANY(:teamIds))', { userIds, teamIds })
      .andWhere(`key.teamId IS DISTINCT FROM 'litellm-dashboard'`)
      .orderBy('key.createdAt', 'DESC')
      .take(limit)
      .getMany();
    return this.withSpend(found);
  }

  /** Those that exist, in the order of `hashes`. @throws UnavailableError */
  async ofHashes(hashes: readonly string[]): Promise<TokenView[]> {
    try {
      const found = await this.keys
        .createQueryBuilder('key')
        .where('key.hash IN (SELECT unnest(:hashes::text[]))', { hashes })
        .getMany();
      const byHash = new Map((await this.withSpend(found)).map((view) => [view.token, view]));
      return hashes.map((hash) => byHash.get(hash)).filter((view) => view !== undefined);
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    }
  }

  /** Keys as they are shown, in the order given. */
  async withSpend(keys: readonly KeyEntity[]): Promise<TokenView[]> {
    const rows = await this.keys.query<{ hash: string; spent: string }[]>(
      `SELECT hash, ${SPENT}::text AS spent FROM unnest($1::text[]) AS hash`,
      [keys.map(({ hash }) => hash)],
    );
    const spent = new Map(rows.map((row) => [row.hash, BigInt(row.spent)]));
    return keys.map((key) => ({ token: key.hash, ...toKeyView(key, spent.get(key.hash) ?? 0n) }));
  }

  private async conditionOf(query: KeyListQuery, caller: Caller): Promise<Condition> {
    const values: unknown[] = [];
    const place = (value: unknown): string => `$${values.push(value)}`;
    const all = [NO_SESSIONS];
    if (!seesEverything(caller)) all.push(await this.ownOf(query, caller, place));
    if (query.userId !== null) all.push(`user_id = ${place(query.userId)}`);
    if (query.teamId !== null) all.push(`team_id = ${place(query.teamId)}`);
    if (query.organizationId !== null) all.push(`organization_id = ${place(query.organizationId)}`);
    if (query.hash !== null) all.push(`hash = ${place(query.hash)}`);
    if (query.alias !== null && query.aliasIsPart) {
      const part = query.alias.toLowerCase();
      // By bytes and kept in lower case: ten times as quick, and leaves few aliases to fold.
      if (!query.deleted) all.push(`search_text LIKE ${place(containing(part))}`);
      all.push(`strpos(lower(key_alias), ${place(part)}) > 0`);
    } else if (query.alias !== null) all.push(`key_alias = ${place(query.alias)}`);
    return { where: all.join(' AND '), values };
  }

  private async ownOf(
    { userId, teamId, withTeamKeys, withCreatedKeys, deleted }: KeyListQuery,
    caller: Caller,
    place: (value: unknown) => string,
  ): Promise<string> {
    if (caller.role === null || caller.userId === null) throw notYours('key');
    if (userId !== null && userId !== caller.userId) throw notYours('user_id');
    const user = place(caller.userId);
    const own = [`user_id = ${user}`];
    if (teamId !== null) {
      const member = { teamId, userId: caller.userId };
      const role = (await this.principals.read({ members: [member] })).member(teamId, caller.userId)?.role;
      if (role === undefined) throw notYours('team_id');
      if (role === 'admin') own.push(`team_id = ${place(teamId)}`);
    }
    if (withTeamKeys) own.push(MANAGED_TEAMS(user));
    if (withCreatedKeys && !deleted) own.push(`created_by = ${user}`);
    return `(${own.join(' OR ')})`;
  }

  private async found(query: KeyListQuery, condition: Condition): Promise<Found> {
    if (query.aliasIsPart && !query.deleted) return this.searched(query, condition);
    const total = await this.count(query, condition);
    return { total, rows: await this.rows(query, condition, total) };
  }

  /** To look through all aliases is nearly all of the work: count and page share it. */
  private async searched(query: KeyListQuery, { where, values }: Condition): Promise<Found> {
    const { size, page, sortBy, descending } = query;
    const columns = new Set(['hash', sortBy === 'spend' ? 'spent_pico_usd' : sortBy]);
    const rows = await this.keys.query<{ total: number; hash: string | null }[]>(
      `WITH found AS MATERIALIZED (
         SELECT ${[...columns].join(', ')} FROM virtual_keys${sortBy === 'spend' ? WITH_TOTALS : ''} WHERE ${where}
       ), shown AS (
         SELECT hash, row_number() OVER (ORDER BY ${orderOf(sortBy, descending)}) AS position FROM found
         ORDER BY position LIMIT ${size} OFFSET ${(page - 1) * size}
       )
       SELECT total, hash FROM (SELECT count(*)::int AS total FROM found) AS counted LEFT JOIN shown ON true
       ORDER BY position`,
      values,
    );
    const hashes = rows.flatMap(({ hash }) => (hash === null ? [] : [{ hash }]));
    return { total: rows[0]?.total ?? 0, rows: hashes };
  }

  private async count({ deleted }: KeyListQuery, { where, values }: Condition): Promise<number> {
    const table = deleted ? 'deleted_keys' : 'virtual_keys';
    // Two counts that read indexes alone take a third of the time of one that looks at each row.
    const sql =
      where === NO_SESSIONS
        ? `SELECT ((SELECT count(*) FROM ${table}) - (SELECT count(*) FROM ${table} WHERE ${SESSIONS}))::int AS total`
        : `SELECT count(*)::int AS total FROM ${table} WHERE ${where}`;
    const [row] = await this.keys.query<{ total: number }[]>(sql, values);
    return row?.total ?? 0;
  }

  /** A page of the further half is read from the other end. */
  private async rows(query: KeyListQuery, { where, values }: Condition, total: number): Promise<HashRow[]> {
    const { size, deleted } = query;
    const skipped = (query.page - 1) * size;
    if (skipped >= total) return [];
    const taken = Math.min(size, total - skipped);
    const fromEnd = skipped > total / 2;
    const order = orderOf(deleted ? 'deleted_at' : query.sortBy, query.descending !== fromEnd);
    const offset = fromEnd ? total - skipped - taken : skipped;
    const table = deleted ? 'deleted_keys' : `virtual_keys${query.sortBy === 'spend' ? WITH_TOTALS : ''}`;
    const found = await this.keys.query<HashRow[]>(
      `SELECT hash${deleted ? ', shown' : ''} FROM ${table}
       WHERE ${where} ORDER BY ${order} LIMIT ${taken} OFFSET ${offset}`,
      values,
    );
    return fromEnd ? found.reverse() : found;
  }

  private async views({ deleted, withUser }: KeyListQuery, rows: readonly HashRow[]): Promise<JsonObject[]> {
    if (deleted) return rows.flatMap(({ shown }) => (shown ? [shown] : []));
    const hashes = rows.map(({ hash }) => hash);
    const keys = await this.keys
      .createQueryBuilder('key')
      .where('key.hash IN (SELECT unnest(:hashes::text[]))', { hashes })
      .getMany();
    const byHash = new Map(keys.map((key) => [key.hash, key]));
    const ordered = hashes.flatMap((hash) => byHash.get(hash) ?? []);
    const views = (await this.withSpend(ordered)) as unknown as JsonObject[];
    return withUser ? this.withUsers(views) : views;
  }

  private async withUsers(views: readonly JsonObject[]): Promise<JsonObject[]> {
    const idOf = (view: JsonObject): string | null => view['user_id'] as string | null;
    const principals = await this.principals.read({ userIds: views.map(idOf) });
    return views.map((view) => {
      const user = principals.user(idOf(view));
      return {
        ...view,
        user: user && { user_id: user.userId, user_email: user.email, user_role: user.role },
      };
    });
  }
}

/** Rows without a value come last either way that the index is read. */
function orderOf(column: SortColumn | 'deleted_at', descending: boolean): string {
  const direction = descending ? 'DESC' : 'ASC';
  if (column === 'hash') return `hash ${direction}`;
  return `${column === 'spend' ? 'coalesce(spent_pico_usd, 0)' : column} ${direction}, hash ${direction}`;
}

const notYours = (field: string): PermissionError =>
  new PermissionError('You can list only keys of your own.', 'auth_error', field);
