import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuthenticationError, type Caller } from '@app/call';
import { type AppConfig, ConfigStore } from '@app/config';
import { hashKey, keyNameOf } from './key-hash.js';
import { type KeySnapshot } from './key-snapshot.js';
import { KeySnapshots } from './key-snapshots.js';

const MASTER_USER_ID = 'default_user_id';
const BLOCKED = {
  key: 'Key is blocked.',
  user: 'The user of this key is blocked.',
  team: 'The team of this key is blocked.',
} as const;
const HASH = /^[0-9a-f]{64}$/;
const PRINTABLE = /^[\x21-\x7e]{1,1000}$/;

interface Master {
  readonly config: AppConfig;
  readonly digest: Buffer;
  readonly caller: Caller;
}

/** Turns a credential into its caller. */
@Injectable()
export class KeyAuthenticator {
  private master: Master;

  constructor(
    private readonly config: ConfigStore,
    private readonly snapshots: KeySnapshots,
  ) {
    this.master = masterOf(config.current);
  }

  /**
   * The caller, as far as memory tells; undefined when the database has to be asked: {@link lookUp}.
   * @throws AuthenticationError for a credential that is not valid, UnavailableError
   */
  recall(credential: string): Caller | undefined {
    const keyHash = hashKey(credential);
    const nowMs = Date.now();
    const snapshot = this.snapshots.recall(keyHash, nowMs);
    if (snapshot) return validCaller(snapshot, credential, nowMs);
    if (this.isMaster(keyHash)) return this.master.caller;
    refuseMalformed(credential);
    if (this.snapshots.isUnknown(keyHash, nowMs)) throw unknownKey(credential, keyHash);
    return undefined;
  }

  /** Whether keys that are not in memory can be checked right now. */
  get canLookUp(): boolean {
    return this.snapshots.isFollowing;
  }

  /** As {@link recall}, and asks the database. */
  async lookUp(credential: string): Promise<Caller> {
    const keyHash = hashKey(credential);
    const snapshot = await this.snapshots.find(keyHash);
    if (!snapshot) throw unknownKey(credential, keyHash);
    return validCaller(snapshot, credential, Date.now());
  }

  /**
   * The caller behind a key's hash, for who has signed in with that key before; of the master key as well.
   * @throws AuthenticationError for a key that is blocked, expired or gone, UnavailableError when nobody can tell
   */
  async callerOf(keyHash: string): Promise<Caller> {
    if (!HASH.test(keyHash)) throw unknownKey('', keyHash);
    if (this.isMaster(keyHash)) return this.master.caller;
    const held = this.snapshots.recall(keyHash, Date.now());
    const snapshot = held ?? (await this.snapshots.find(keyHash));
    if (!snapshot) throw unknownKey('', keyHash);
    return validCaller(snapshot, '', Date.now());
  }

  /** Compares digests, in constant time. */
  isMaster(keyHash: string): boolean {
    if (this.master.config !== this.config.current) this.master = masterOf(this.config.current);
    return timingSafeEqual(Buffer.from(keyHash, 'hex'), this.master.digest);
  }
}

function masterOf(config: AppConfig): Master {
  const keyHash = hashKey(config.masterKey.reveal());
  const caller: Caller = Object.freeze({
    kind: 'master',
    role: 'proxy_admin',
    keyHash,
    keyName: 'master key',
    keyAlias: null,
    userId: MASTER_USER_ID,
    teamId: null,
    teamAlias: null,
    organizationId: null,
    models: [],
    outerModels: [],
    aliases: {},
    allowedRoutes: [],
    allowedCacheControls: [],
    maxBudgetPicoUsd: null,
    rules: [],
    expiresAtMs: null,
    tags: [],
    metadata: {},
  });
  return { config, digest: Buffer.from(keyHash, 'hex'), caller };
}

/** The clock is asked on every use, so that a key ends on time wherever its snapshot comes from. */
function validCaller(snapshot: KeySnapshot, credential: string, nowMs: number): Caller {
  const { hash, caller, blockedBy, revokedAtMs } = snapshot;
  if (revokedAtMs !== null && nowMs >= revokedAtMs) throw unknownKey(credential, hash);
  if (blockedBy !== null) throw new AuthenticationError(`Authentication Error, ${BLOCKED[blockedBy]}`);
  if (caller.expiresAtMs !== null && nowMs >= caller.expiresAtMs) {
    const expiry = new Date(caller.expiresAtMs).toISOString();
    const message = `Authentication Error - Expired Key. Key Expiry time ${expiry} and current time ${new Date(nowMs).toISOString()}`;
    throw new AuthenticationError(message, 'expired_key', caller.keyName);
  }
  return caller;
}

/** What cannot be a virtual key never reaches the database. */
function refuseMalformed(credential: string): void {
  if (!credential.startsWith('sk-')) {
    throw new AuthenticationError(
      `Authentication Error, LiteLLM Virtual Key expected. Received=${masked(credential)}, expected to start with 'sk-'.`,
    );
  }
  if (!PRINTABLE.test(credential)) {
    throw new AuthenticationError('Authentication Error, Malformed API Key passed in.');
  }
}

function masked(credential: string): string {
  if (credential.length <= 12) return '****';
  return `${printable(credential.slice(0, 4))}****${printable(credential.slice(-4))}`;
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');

function unknownKey(credential: string, keyHash: string): AuthenticationError {
  const message =
    `Authentication Error, Invalid proxy server token passed. Received API Key = ${keyNameOf(credential)}, ` +
    `Key Hash (Token) =${keyHash}. It was found neither in the cache nor in the table of keys.`;
  return new AuthenticationError(message, 'token_not_found_in_db', 'key');
}
