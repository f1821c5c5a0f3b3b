import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { UnavailableError } from '@app/call';
import { DatabaseService, unavailableFrom } from '@app/database';
import { KeyReader } from './key-reader.js';

const IDLE_MS = 30 * 60_000;
const ABSOLUTE_MS = 12 * 60 * 60_000;
/** A session that another replica has ended is noticed within this. */
const FRESH_MS = 5_000;
const TOUCH_EVERY_MS = 60_000;
const WRITE_TIMEOUT_MS = 1_000;
const MAX_HELD = 10_000;

/** Who is signed in, by the hash of the key that did it. */
export interface Session {
  readonly idHash: string;
  readonly keyHash: string;
  readonly createdAtMs: number;
}

interface Held extends Session {
  seenAtMs: number;
  checkedAtMs: number;
  touchedAtMs: number;
  /** Made while the database was away: known to this process alone. */
  readonly local: boolean;
}

interface Row {
  readonly key_hash: string;
  readonly created_at: Date;
  readonly seen_at: Date;
}

const INSERT = `WITH old AS (DELETE FROM ui_sessions WHERE created_at < now() - interval '12 hours')
  INSERT INTO ui_sessions (id_hash, key_hash, created_at, seen_at) VALUES ($1, $2, $3, $3)`;

/** The sessions of the pages: opaque ids, stored as hashes, ended by idleness, by age or by hand. */
@Injectable()
export class SessionStore {
  private readonly held = new Map<string, Held>();

  constructor(
    private readonly database: DatabaseService,
    /** Pages wait for it: not among the reports, where two slow ones hold up all others. */
    private readonly reader: KeyReader,
  ) {}

  /** A new session; returns its id, which nobody but the browser keeps. */
  async begin(keyHash: string, nowMs = Date.now()): Promise<string> {
    const id = randomBytes(32).toString('base64url');
    const idHash = hashOf(id);
    let local = false;
    try {
      await this.write(INSERT, [idHash, keyHash, new Date(nowMs)]);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      local = true;
    }
    this.hold({
      idHash,
      keyHash,
      createdAtMs: nowMs,
      seenAtMs: nowMs,
      checkedAtMs: nowMs,
      touchedAtMs: nowMs,
      local,
    });
    return id;
  }

  /** The session, if it is still one. @throws UnavailableError when it is not in memory and the database is away */
  async find(id: string, nowMs = Date.now()): Promise<Session | null> {
    const idHash = hashOf(id);
    let held = this.held.get(idHash);
    if (!held || (!held.local && nowMs - held.checkedAtMs > FRESH_MS))
      held = await this.check(idHash, held, nowMs);
    if (!held || isOver(held, nowMs)) {
      if (held) await this.end(id);
      return null;
    }
    held.seenAtMs = nowMs;
    if (!held.local && nowMs - held.touchedAtMs > TOUCH_EVERY_MS) {
      held.touchedAtMs = nowMs;
      this.write('UPDATE ui_sessions SET seen_at = $2 WHERE id_hash = $1', [idHash, new Date(nowMs)]).catch(
        () => undefined,
      );
    }
    return held;
  }

  /** Signs out: here at once, on other replicas within five seconds. @throws UnavailableError */
  async end(id: string): Promise<void> {
    const idHash = hashOf(id);
    this.held.delete(idHash);
    await this.write('DELETE FROM ui_sessions WHERE id_hash = $1', [idHash]);
  }

  private async check(idHash: string, held: Held | undefined, nowMs: number): Promise<Held | undefined> {
    let rows: Row[];
    try {
      rows = await this.reader.query<Row[]>(
        'SELECT key_hash, created_at, seen_at FROM ui_sessions WHERE id_hash = $1',
        [idHash],
      );
    } catch (error) {
      const unavailable = error instanceof UnavailableError ? error : unavailableFrom(error);
      if (held && unavailable) return held;
      throw unavailable ?? error;
    }
    const [row] = rows;
    if (!row) {
      this.held.delete(idHash);
      return undefined;
    }
    const seenAtMs = Math.max(row.seen_at.getTime(), held?.seenAtMs ?? 0);
    return this.hold({
      idHash,
      keyHash: row.key_hash,
      createdAtMs: row.created_at.getTime(),
      seenAtMs,
      checkedAtMs: nowMs,
      touchedAtMs: row.seen_at.getTime(),
      local: false,
    });
  }

  private hold(session: Held): Held {
    this.held.delete(session.idHash);
    this.held.set(session.idHash, session);
    const [oldest] = this.held.keys();
    if (this.held.size > MAX_HELD && oldest !== undefined) this.held.delete(oldest);
    return session;
  }

  private async write(sql: string, values: readonly unknown[]): Promise<void> {
    await this.database.transaction(WRITE_TIMEOUT_MS, (manager) => manager.query(sql, [...values]));
  }
}

const isOver = ({ createdAtMs, seenAtMs }: Held, nowMs: number): boolean =>
  nowMs - createdAtMs > ABSOLUTE_MS || nowMs - seenAtMs > IDLE_MS;

const hashOf = (id: string): string => createHash('sha256').update(id).digest('hex');
