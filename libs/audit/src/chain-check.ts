import { type ChainKey, sealOf } from './audit-entry.js';

/** A row of `audit_log` as text; `at_ms` has decimals where somebody wrote a finer time than we do. */
export interface AuditRow {
  readonly id: string;
  readonly at_ms: string;
  readonly action: string;
  readonly entity: string;
  readonly entity_id: string;
  readonly actor_kind: string;
  readonly actor_user_id: string | null;
  readonly actor_key_hash: string;
  readonly actor_key_name: string;
  readonly address: string;
  readonly changed_by: string | null;
  readonly before_json: string | null;
  readonly after_json: string | null;
  readonly chain_key: string;
  readonly seal: Buffer;
}

/** What came of following the chain. */
export interface ChainReport {
  readonly ok: boolean;
  /** Entries read. */
  readonly entries: number;
  /** Entries sealed with a salt key that nobody names: their order holds, their words cannot be proved. */
  readonly unproven: number;
  /** Note it down elsewhere; later it proves that this entry and all before it are still there. */
  readonly head: { readonly id: number; readonly seal: string } | null;
  /** The first hundred. */
  readonly problems: readonly string[];
}

const MAX_PROBLEMS = 100;
const FIRST_SEAL = Buffer.alloc(32);

/** Walks the entries from the oldest on and notes where the chain does not hold. */
export class ChainCheck {
  lastId = 0;
  private seal: Buffer = FIRST_SEAL;
  private entries = 0;
  private unproven = 0;
  private readonly problems: string[] = [];
  private anchored = false;

  constructor(
    private readonly keys: readonly ChainKey[],
    private readonly anchor: { readonly id: number; readonly seal: string } | null,
  ) {}

  take(row: AuditRow): void {
    const id = Number(row.id);
    if (id !== this.lastId + 1) this.note(missing(this.lastId + 1, id - 1));
    else this.takeSealed(row, id);
    if (this.anchor?.id === id) {
      this.anchored = true;
      if (this.anchor.seal !== row.seal.toString('hex')) this.note(`Entry ${id} is not the one you noted.`);
    }
    this.lastId = id;
    this.seal = row.seal;
    this.entries++;
  }

  private takeSealed(row: AuditRow, id: number): void {
    const key = this.keys.find(({ name }) => name === row.chain_key);
    if (!key) this.takeUnproven(id);
    else if (!this.expected(key, row, id).equals(row.seal)) this.note(`Entry ${id} was changed.`);
  }

  /** Another salt key may have sealed what is older, never what stands between entries of keys that are known. */
  private takeUnproven(id: number): void {
    if (this.unproven < this.entries) this.note(`Entry ${id} is sealed with a key that was not in use then.`);
    this.unproven++;
  }

  report(head: { id: string; seal: Buffer } | null, beyond: number | null): ChainReport {
    const headId = Number(head?.id ?? 0);
    if (head === null) this.note('The end of the chain is not known: audit_head is empty.');
    else if (headId > this.lastId) this.note(missing(this.lastId + 1, headId));
    else if (!head.seal.equals(this.seal)) this.note(`The end of the chain does not fit entry ${headId}.`);
    if (beyond !== null) this.note(`Entry ${beyond} stands beyond the end of the chain.`);
    if (this.anchor && !this.anchored) this.note(`Entry ${this.anchor.id}, which you noted, is gone.`);
    return {
      ok: this.problems.length === 0,
      entries: this.entries,
      unproven: this.unproven,
      head: head === null ? null : { id: headId, seal: head.seal.toString('hex') },
      problems: this.problems,
    };
  }

  private expected(key: ChainKey, row: AuditRow, id: number): Buffer {
    return sealOf(key, this.seal, {
      id,
      atMs: Number(row.at_ms),
      action: row.action,
      entity: row.entity,
      entityId: row.entity_id,
      actorKind: row.actor_kind,
      actorUserId: row.actor_user_id,
      actorKeyHash: row.actor_key_hash,
      actorKeyName: row.actor_key_name,
      address: row.address,
      changedBy: row.changed_by,
      beforeJson: row.before_json,
      afterJson: row.after_json,
    });
  }

  private note(problem: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }
}

const missing = (from: number, to: number): string =>
  from === to ? `Entry ${from} is missing.` : `Entries ${from} to ${to} are missing.`;
