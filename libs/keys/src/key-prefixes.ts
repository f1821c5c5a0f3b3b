const INITIAL_SLOTS = 1 << 12;
/** Above this share of used slots the probes get long. */
const MAX_LOAD = 0.7;

/**
 * The first 8 bytes of every key hash there is, 8 bytes a slot: tells without a query that a credential
 * is unknown. Open addressing; hashes are uniformly distributed already, so their low word is the slot.
 */
export class KeyPrefixes {
  #words = new Uint32Array(INITIAL_SLOTS * 2);
  #used = 0;

  get size(): number {
    return this.#used;
  }

  /** @param prefixes 8 bytes for each key, one after the other */
  static from(prefixes: Buffer): KeyPrefixes {
    const set = new KeyPrefixes();
    set.#resize(slotsFor(prefixes.length / 8));
    for (let at = 0; at + 8 <= prefixes.length; at += 8) {
      set.#insert(prefixes.readUInt32BE(at), prefixes.readUInt32BE(at + 4));
    }
    return set;
  }

  has(keyHash: string): boolean {
    return this.#find(...wordsOf(keyHash)) >= 0;
  }

  add(keyHash: string): void {
    if ((this.#used + 1) * 2 > this.#words.length * MAX_LOAD) this.#resize(this.#words.length);
    this.#insert(...wordsOf(keyHash));
  }

  delete(keyHash: string): void {
    const words = this.#words;
    const mask = words.length / 2 - 1;
    let hole = this.#find(...wordsOf(keyHash));
    if (hole < 0) return;
    // Close the gap, or probes for later entries of the same run would end at it.
    for (let slot = (hole + 1) & mask; !this.#isFree(slot); slot = (slot + 1) & mask) {
      const home = (words[slot * 2 + 1] ?? 0) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      words.copyWithin(hole * 2, slot * 2, slot * 2 + 2);
      hole = slot;
    }
    words.fill(0, hole * 2, hole * 2 + 2);
    this.#used--;
  }

  #find(high: number, low: number): number {
    const words = this.#words;
    const mask = words.length / 2 - 1;
    for (let slot = low & mask; !this.#isFree(slot); slot = (slot + 1) & mask) {
      if (words[slot * 2] === high && words[slot * 2 + 1] === low) return slot;
    }
    return -1;
  }

  #insert(high: number, low: number): void {
    if (this.#find(high, low) >= 0) return;
    const mask = this.#words.length / 2 - 1;
    let slot = low & mask;
    while (!this.#isFree(slot)) slot = (slot + 1) & mask;
    this.#words[slot * 2] = high;
    this.#words[slot * 2 + 1] = low;
    this.#used++;
  }

  #isFree(slot: number): boolean {
    return this.#words[slot * 2] === 0 && this.#words[slot * 2 + 1] === 0;
  }

  #resize(slots: number): void {
    const old = this.#words;
    this.#words = new Uint32Array(slots * 2);
    this.#used = 0;
    for (let at = 0; at < old.length; at += 2) {
      const [high = 0, low = 0] = [old[at], old[at + 1]];
      if (high !== 0 || low !== 0) this.#insert(high, low);
    }
  }
}

/** A prefix of 64 zero bits cannot be told from a free slot; such a hash will not be met. */
function wordsOf(keyHash: string): [high: number, low: number] {
  return [Number.parseInt(keyHash.slice(0, 8), 16), Number.parseInt(keyHash.slice(8, 16), 16)];
}

function slotsFor(entries: number): number {
  let slots = INITIAL_SLOTS;
  while (entries > slots * MAX_LOAD) slots *= 2;
  return slots;
}
