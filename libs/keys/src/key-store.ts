import { Injectable } from '@nestjs/common';
import { type EntityManager, QueryFailedError } from 'typeorm';
import { AuthenticationError, GatewayError } from '@app/call';
import { type Actor, AuditLog } from '@app/audit';
import { type Principals } from '@app/users';
import { KeyChanges } from './key-changes.js';
import { KeyEntity } from './key.entity.js';
import { KeyReader } from './key-reader.js';
import { KeySnapshots } from './key-snapshots.js';
import { toAuditView } from './key-view.js';
import { type Minter } from './minter.js';
import { type KeyChange } from './note-key-changes.js';

const UNIQUE_VIOLATION = '23505';
const ALIAS_CONSTRAINT = 'virtual_keys_key_alias_key';

/** A credential that once opened another key begins anew: what it spends is its own. */
const BEGIN_ANEW = 'DELETE FROM key_successors WHERE hash = $1';

/** One key before and after; null where it was not there. */
export interface KeyDeed {
  readonly action: string;
  readonly before: KeyEntity | null;
  readonly after: KeyEntity | null;
  /** Credentials that open nothing any more. */
  readonly closed?: readonly string[];
  /** What the key has spent, USD; told only where that is what was changed. */
  readonly spend?: { readonly before: string; readonly after: string };
}

/** One transaction that writes keys. */
export interface KeyTurn {
  readonly manager: EntityManager;
  readonly minter: Minter;
  readonly now: Date;
  readonly actor: Actor;
  /** A key as it stands, by its hash. */
  readonly find: (hash: string) => Promise<KeyEntity | null>;
  /** Everybody above a key, and what the minter is in its team. */
  readonly above: (key: KeyEntity) => Promise<Principals>;
  readonly insert: (key: KeyEntity) => Promise<void>;
  /** Writes all columns of the row that has this hash so far. */
  readonly replace: (hash: string, key: KeyEntity) => Promise<void>;
}

/** Writes keys: numbered, audited, and in force here before the promise resolves. */
@Injectable()
export class KeyStore {
  constructor(
    private readonly changes: KeyChanges,
    private readonly reader: KeyReader,
    private readonly snapshots: KeySnapshots,
    private readonly audit: AuditLog,
  ) {}

  /** @throws UnavailableError, and what `work` throws: then nothing has happened */
  async write(actor: Actor, work: (turn: KeyTurn) => Promise<readonly KeyDeed[]>): Promise<void> {
    const found = await this.changes.write(async (manager, epoch) => {
      const turn = await this.turn(actor, manager, epoch);
      const deeds = await work(turn);
      await this.audit.record(manager, actor, ...deeds.map(toEntry));
      return deeds.flatMap(toChanges);
    });
    for (const one of found) this.snapshots.file(one);
  }

  private async turn(actor: Actor, manager: EntityManager, epoch: number): Promise<KeyTurn> {
    const now = new Date();
    const minter = await this.minterOf(actor, { manager, epoch });
    const stamp = (key: KeyEntity): KeyEntity => Object.assign(key, { version: String(epoch) });
    const asking = minter.caller.userId;
    return {
      manager,
      minter,
      now,
      actor,
      find: (hash) => manager.findOneBy(KeyEntity, { hash }),
      above: (key) => this.reader.principalsOf([key], manager, asking),
      insert: async (key) => {
        await refusingDuplicates(key, () => manager.insert<object>(KeyEntity, stamp(key)));
        await manager.query(BEGIN_ANEW, [key.hash]);
      },
      replace: (hash, key) =>
        refusingDuplicates(key, () => manager.update<object>(KeyEntity, { hash }, stamp(key))),
    };
  }

  /** What a caller may is read anew: the snapshot that let him in may be a moment old. */
  private async minterOf(
    { caller }: Actor,
    within: { readonly manager: EntityManager; readonly epoch: number },
  ): Promise<Minter> {
    if (caller.kind === 'master') {
      const principals = await this.reader.principalsOf([]);
      return { caller, role: 'proxy_admin', key: null, principals };
    }
    const [found] = caller.kind === 'key' ? await this.reader.load([caller.keyHash], within) : [];
    if (!found?.loaded) throw new AuthenticationError('Authentication Error, the key is no longer valid.');
    const { key, principals } = found.loaded;
    return { caller, role: principals.user(key.userId)?.role ?? null, key, principals };
  }
}

function toChanges({ before, after, closed = [] }: KeyDeed): KeyChange[] {
  const hashes = new Set([before?.hash, after?.hash, ...closed].filter((hash) => hash !== undefined));
  return [...hashes].map((hash) => ({ hash }));
}

function toEntry({ action, before, after, spend }: KeyDeed) {
  return {
    action,
    entity: 'key',
    entityId: before?.hash ?? after?.hash ?? '',
    before: before && { ...toAuditView(before), ...(spend && { spend: spend.before }) },
    after: after && { ...toAuditView(after), ...(spend && { spend: spend.after }) },
  };
}

async function refusingDuplicates(key: KeyEntity, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof QueryFailedError)) throw error;
    const { code, constraint } = error.driverError as { code?: string; constraint?: string };
    if (code !== UNIQUE_VIOLATION) throw error;
    const [message, param] =
      constraint === ALIAS_CONSTRAINT
        ? [`A key with the alias '${key.keyAlias ?? ''}' exists already.`, 'key_alias']
        : ['The key is in use already.', 'key'];
    throw new GatewayError(400, 'bad_request_error', message, { param, cause: error });
  }
}
