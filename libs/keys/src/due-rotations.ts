import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import {
  addDuration,
  ANONYMOUS,
  type Caller,
  durationFrom,
  NotFoundError,
  UnavailableError,
} from '@app/call';
import { type Actor } from '@app/audit';
import { ConfigStore } from '@app/config';
import { unavailableFrom } from '@app/database';
import { CredentialSeal, OtherSaltKeyError, SealError } from '@app/routing';
import { nextRotationOf } from './key-fields.js';
import { generateKey, hashKey, keyNameOf } from './key-hash.js';
import { KeyReader } from './key-reader.js';
import { copyOf } from './key-row.js';
import { type KeyDeed, KeyStore, type KeyTurn } from './key-store.js';
import { placeOfSuccessor, renewSuccessors } from './renew-successors.js';
import { replaceCredential } from './replaced-credentials.js';

const LOOK_EVERY_MS = 60_000;
/** So many in one transaction: writers of keys wait for each other. */
const BATCH = 20;
const DEFAULT_GRACE = '7d';

const ANY_DUE = 'SELECT 1 FROM virtual_keys WHERE rotation_due_at <= now() LIMIT 1';
const DUE = `SELECT hash FROM virtual_keys WHERE rotation_due_at <= now() ORDER BY rotation_due_at LIMIT ${BATCH}`;
const FORGET_SEALED =
  'UPDATE replaced_keys SET successor_sealed = NULL WHERE successor_sealed IS NOT NULL AND revoke_at <= now()';
/** A replica that has not been told yet asks by the hash of the old one. */
const SUCCESSOR = `SELECT active_hash AS hash, successor_sealed AS sealed, revoke_at FROM replaced_keys
  WHERE active_hash IN (SELECT $1 UNION ALL SELECT active_hash FROM replaced_keys WHERE hash = $1 AND revoke_at > now())
    AND revoke_at > now() AND successor_sealed IS NOT NULL ORDER BY revoke_at DESC LIMIT 10`;

interface SealedRow {
  readonly hash: string;
  readonly sealed: string;
  readonly revoke_at: Date;
}

/** As which the audit log knows it. */
const ITSELF: Actor = {
  caller: Object.freeze<Caller>({
    ...ANONYMOUS,
    kind: 'master',
    role: 'proxy_admin',
    keyName: 'automatic rotation',
    userId: 'automatic_rotation',
  }),
  address: '',
  changedBy: null,
};

/** The credential that has replaced another one. */
export interface Successor {
  readonly key: string;
  readonly token_id: string;
  readonly key_name: string;
  /** When the old one ends. */
  readonly replaced_until: string;
}

/**
 * Gives keys with `auto_rotate` their new credential once it is due. No leader: writers of keys take turns
 * on the row of the epoch, so whichever replica comes first does it, and the next one finds nothing due.
 */
@Injectable()
export class DueRotations implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(DueRotations.name);
  private readonly seal: CredentialSeal;
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: KeyStore,
    private readonly reader: KeyReader,
    private readonly config: ConfigStore,
  ) {
    this.seal = new CredentialSeal(config.current.saltKey, config.current.oldSaltKeys);
  }

  onApplicationBootstrap(): void {
    this.running = this.watch();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  /** Rotates all that is due. Returns how many it were. @throws UnavailableError */
  async rotateDue(): Promise<number> {
    let rotated = 0;
    while ((await this.reader.query<unknown[]>(ANY_DUE)).length > 0) {
      let batch = 0;
      await this.store.write(ITSELF, async (turn) => {
        const due = await turn.manager.query<{ hash: string }[]>(DUE);
        const deeds: KeyDeed[] = [];
        for (const { hash } of due) deeds.push(await this.rotate(hash, turn));
        batch = deeds.length;
        return deeds;
      });
      rotated += batch;
      if (batch === 0) break;
    }
    await this.reader.query(FORGET_SEALED);
    return rotated;
  }

  /**
   * The newest credential of a key, for who holds the one before it.
   * @throws NotFoundError where it was not rotated by itself, or too long ago; UnavailableError, also where it cannot
   *   be read with this salt key
   */
  async successorOf(keyHash: string): Promise<Successor> {
    let unreadable: SealError | null = null;
    for (const { hash, sealed, revoke_at } of await this.reader.query<SealedRow[]>(SUCCESSOR, [keyHash])) {
      const key = this.opened(hash, sealed);
      if (key instanceof OtherSaltKeyError) unreadable = key;
      if (typeof key !== 'string' || hashKey(key) !== hash) continue;
      const name = keyNameOf(key);
      return { key, token_id: hash, key_name: name, replaced_until: revoke_at.toISOString() };
    }
    if (unreadable) {
      this.logger.error(
        `The successor of the key ${keyHash.slice(0, 8)}… cannot be read: ${unreadable.message}`,
      );
      throw new UnavailableError('The new credential waits, but cannot be read at present.');
    }
    throw new NotFoundError('No newer credential waits to be fetched for this key.', 'key');
  }

  private async rotate(hash: string, turn: KeyTurn): Promise<KeyDeed> {
    const before = await turn.find(hash);
    if (!before) throw new Error('A key that is due has gone while nobody else could write');
    const credential = generateKey();
    const after = Object.assign(copyOf(before), {
      hash: hashKey(credential),
      keyName: keyNameOf(credential),
      rotatedAt: turn.now,
      rotationCount: before.rotationCount + 1,
      rotationDueAt: nextRotationOf(before, turn.now),
      updatedAt: turn.now,
      updatedBy: ITSELF.caller.userId,
    });
    const closed = await replaceCredential(turn, before, after, {
      revokeAt: this.graceEnd(before.rotationInterval, turn.now),
      successorSealed: this.sealed(after.hash, credential),
    });
    return { action: 'key.rotated', before, after, closed };
  }

  /** At most the interval, so that at any time no more than two credentials open a key. */
  private graceEnd(interval: string | null, now: Date): Date | null {
    const ends = [this.config.current.keyRotationGrace ?? DEFAULT_GRACE, interval].flatMap((text) => {
      const duration = text === null ? null : durationFrom(text);
      return (duration && addDuration(now, duration)) ?? [];
    });
    return ends.sort((a, b) => a.getTime() - b.getTime())[0] ?? null;
  }

  private sealed(hash: string, credential: string): string {
    const { key } = this.seal.seal(placeOfSuccessor(hash), { key: credential }) as { key: string };
    return key;
  }

  /** An error for one of an earlier rotation, or that was sealed with another salt key. */
  private opened(hash: string, sealed: string): string | SealError {
    try {
      const { key } = this.seal.open(placeOfSuccessor(hash), { key: sealed }) as { key: string };
      return key;
    } catch (error) {
      if (error instanceof SealError) return error;
      throw error;
    }
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopped;
    // Replicas that were started together do not look together.
    const pause = (): Promise<boolean> =>
      sleep(LOOK_EVERY_MS * (0.5 + Math.random()), true, { signal, ref: false }).catch(() => false);
    await this.renew();
    while (await pause()) {
      await this.renew();
      await this.look();
    }
  }

  private async renew(): Promise<void> {
    try {
      const renewed = await renewSuccessors(this.reader, this.seal);
      if (renewed > 0)
        this.logger.log(`${renewed} waiting credentials are encrypted with today's salt key now.`);
    } catch (error) {
      if (error instanceof UnavailableError || unavailableFrom(error)) return;
      this.logger.error('Waiting credentials stay as they are', error);
    }
  }

  private async look(): Promise<void> {
    try {
      const rotated = await this.rotateDue();
      if (rotated > 0) this.logger.log(`${rotated} keys have a new credential: their rotation was due.`);
    } catch (error) {
      if (!(error instanceof UnavailableError)) this.logger.error('Keys could not be rotated', error);
    }
  }
}
