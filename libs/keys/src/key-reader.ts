import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { databaseUnavailable, DatabaseService } from '@app/database';
import { epochIn, PrincipalReader, type Principals, READ_EPOCH } from '@app/users';
import { KeyEntity } from './key.entity.js';
import { type FoundKey } from './key-snapshot.js';

/** Within a transaction that holds this epoch nothing can be newer. */
interface Within {
  readonly manager: EntityManager;
  readonly epoch: number;
}

interface Opened {
  readonly hash: string;
  readonly key: KeyEntity;
  readonly revokedAtMs: number | null;
}

const REPLACED = `
  SELECT hash, active_hash, revoke_at FROM replaced_keys
  WHERE hash IN (SELECT unnest($1::text[])) AND revoke_at > now()`;

interface ReplacedRow {
  readonly hash: string;
  readonly active_hash: string;
  readonly revoke_at: Date;
}

/** Reads keys together with everybody who stands above them. */
@Injectable()
export class KeyReader {
  constructor(
    @InjectRepository(KeyEntity) private readonly keys: Repository<KeyEntity>,
    private readonly principals: PrincipalReader,
    private readonly database: DatabaseService,
  ) {}

  async epoch(): Promise<number> {
    return epochIn(await this.query(READ_EPOCH));
  }

  /** @throws UnavailableError before the first connect and the migrations: there are no tables to ask */
  query<T>(sql: string, values: unknown[] = []): Promise<T> {
    if (!this.database.ready) throw databaseUnavailable();
    return this.keys.query<T>(sql, values);
  }

  /** An answer for each hash: of a key, or of a credential that it has replaced. */
  async load(hashes: readonly string[], within: Within | null = null): Promise<FoundKey[]> {
    if (hashes.length === 0) return [];
    // First the epoch, then the rest: what is read is at least as new as its number says.
    const version = within?.epoch ?? (await this.epoch());
    const manager = within?.manager ?? this.keys.manager;
    const opened = await this.open(manager, hashes);
    const principals = await this.principalsOf(
      [...opened.values()].map(({ key }) => key),
      within?.manager,
    );
    return hashes.map((hash) => {
      const found = opened.get(hash);
      return { hash, version, loaded: found ? { ...found, principals, version } : null };
    });
  }

  /** Everybody above these keys; with `asking`, what that user is in their teams as well. */
  principalsOf(
    keys: readonly KeyEntity[],
    manager?: EntityManager,
    asking: string | null = null,
  ): Promise<Principals> {
    const belonging = keys.filter((key) => key.userId ?? key.teamId ?? key.organizationId ?? key.budgetId);
    if (belonging.length === 0) return Promise.resolve(NOBODY);
    const wanted = {
      userIds: belonging.map(({ userId }) => userId),
      teamIds: belonging.map(({ teamId }) => teamId),
      organizationIds: belonging.map(({ organizationId }) => organizationId),
      budgetIds: belonging.map(({ budgetId }) => budgetId),
      members: belonging.flatMap(({ teamId, userId }) =>
        [userId, asking].flatMap((member) =>
          teamId === null || member === null ? [] : [{ teamId, userId: member }],
        ),
      ),
    };
    return this.principals.read(wanted, manager);
  }

  private async open(manager: EntityManager, hashes: readonly string[]): Promise<Map<string, Opened>> {
    const keys = await keysIn(manager, hashes);
    const opened = new Map<string, Opened>();
    for (const key of keys) opened.set(key.hash, { hash: key.hash, key, revokedAtMs: null });
    const missing = hashes.filter((hash) => !opened.has(hash));
    if (missing.length === 0) return opened;
    const replaced = await manager.query<ReplacedRow[]>(REPLACED, [missing]);
    if (replaced.length === 0) return opened;
    const active = await keysIn(
      manager,
      replaced.map((row) => row.active_hash),
    );
    const byHash = new Map(active.map((key) => [key.hash, key]));
    for (const { hash, active_hash, revoke_at } of replaced) {
      const key = byHash.get(active_hash);
      if (key) opened.set(hash, { hash, key, revokedAtMs: revoke_at.getTime() });
    }
    return opened;
  }
}

/** Above a key that belongs to nobody. */
export const NOBODY: Principals = {
  user: () => null,
  team: () => null,
  member: () => null,
  organization: () => null,
  budget: () => null,
};

function keysIn(manager: EntityManager, hashes: readonly string[]): Promise<KeyEntity[]> {
  // Not `= ANY`: without fresh statistics the planner reads the whole table for a long list.
  return manager
    .createQueryBuilder(KeyEntity, 'key')
    .where('key.hash IN (SELECT unnest(:hashes::text[]))', { hashes })
    .getMany();
}
