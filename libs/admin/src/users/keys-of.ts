import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type Actor } from '@app/audit';
import { type Caller, UnavailableError } from '@app/call';
import {
  type GenerateKeyDto,
  type GeneratedKeyView,
  type KeyOwners,
  KeysService,
  readKeyListQuery,
  type TokenView,
} from '@app/keys';
import { LIMIT_FIELDS, type NewUserDto, TeamsService } from '@app/users';

/** A key as `/user/info` and `/team/info` show it. */
export type KeyRow = TokenView & { readonly team_alias: string };

const MAX_SHOWN = 1000;
const PAGE_SIZE = 100;
const MAX_ROUNDS = 3;

const LEFT = `
  SELECT 1 FROM virtual_keys
  WHERE user_id IN (SELECT unnest($1::text[])) OR team_id IN (SELECT unnest($2::text[]))
    OR (team_id, user_id) IN (SELECT * FROM unnest($3::text[], $4::text[]))
  LIMIT 1`;

/** What is said of a new user and holds for the key that is made along. */
const SHARED = [
  ...LIMIT_FIELDS,
  'models',
  'duration',
  'aliases',
  'tags',
  'metadata',
  'key_alias',
  'team_id',
  'blocked',
  'allowed_routes',
  'key_type',
] as const satisfies readonly (keyof NewUserDto)[];

/** The keys that belong to users and teams; whether a caller may see them is decided before. */
@Injectable()
export class KeysOf {
  constructor(
    private readonly keys: KeysService,
    private readonly teams: TeamsService,
  ) {}

  /** All keys of a user, the newest thousand. */
  async user(userId: string): Promise<KeyRow[]> {
    return this.withTeams(await this.keys.views({ userIds: [userId] }, MAX_SHOWN));
  }

  /** The keys of a user within one team. */
  async member(teamId: string, userId: string): Promise<KeyRow[]> {
    return (await this.user(userId)).filter(({ team_id }) => team_id === teamId);
  }

  /** The keys of some teams, the newest thousand. */
  async inTeams(teamIds: readonly string[]): Promise<KeyRow[]> {
    return teamIds.length === 0 ? [] : this.withTeams(await this.keys.views({ teamIds }, MAX_SHOWN));
  }

  /** The newest thousand of all, for a caller who may see all. */
  async newest(caller: Caller): Promise<KeyRow[]> {
    const rows: TokenView[] = [];
    for (let page = 1; rows.length < MAX_SHOWN; page += 1) {
      const query = readKeyListQuery({
        page: String(page),
        size: String(PAGE_SIZE),
        return_full_object: 'true',
      });
      const { keys, total_pages } = await this.keys.page(query, caller);
      rows.push(...(keys as readonly unknown[] as readonly TokenView[]));
      if (page >= total_pages) break;
    }
    return this.withTeams(rows);
  }

  /** The key that a new user gets: what is said of the user holds for it too. */
  async first(dto: NewUserDto, userId: string, actor: Actor): Promise<GeneratedKeyView> {
    const given = SHARED.filter((field) => dto[field] !== undefined).map((field) => [field, dto[field]]);
    const fields = Object.assign(Object.fromEntries(given) as GenerateKeyDto, { user_id: userId });
    return this.keys.generate(fields, actor);
  }

  /**
   * Deletes the keys of those who go, then lets them go. A key that was made in between is deleted in another round:
   * nobody's key may outlive the limits of its owner.
   */
  async withoutKeys<T>(owners: KeyOwners, actor: Actor, work: () => Promise<T>): Promise<T> {
    for (let round = 1; ; round += 1) {
      await this.keys.deleteWhere(owners, actor);
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof NewKeyError) || round === MAX_ROUNDS) throw error;
      }
    }
  }

  /** Within the transaction in which somebody goes: no key can be made meanwhile. */
  async requireNone(
    { userIds = [], teamIds = [], members = [] }: KeyOwners,
    manager: EntityManager,
  ): Promise<void> {
    const left = await manager.query<unknown[]>(LEFT, [
      userIds,
      teamIds,
      members.map(({ teamId }) => teamId),
      members.map(({ userId }) => userId),
    ]);
    if (left.length > 0)
      throw new NewKeyError('Keys are being made while their owner is deleted. Try again.');
  }

  private async withTeams(keys: readonly TokenView[]): Promise<KeyRow[]> {
    const ids = [...new Set(keys.map(({ team_id }) => team_id))].filter((id) => id !== null);
    const aliases = await this.teams.aliasesOf(ids);
    return keys.map((key) => ({ ...key, team_alias: aliases.get(key.team_id ?? '') ?? 'None' }));
  }
}

class NewKeyError extends UnavailableError {}
