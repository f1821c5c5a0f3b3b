import { type AnswerStore, type KeptAnswer } from './kept-answer.js';

interface Slot {
  readonly answer: KeptAnswer;
  readonly bytes: number;
  used: boolean;
}

/** What an entry takes besides its body. */
const ENTRY_BYTES = 1_024;
/** So much is made free at once: to find the first of a map takes long where many before it are gone. */
const FREED_SHARE = 1 / 16;

/** Answers in the memory of this process, of bounded size; what was not used for longest goes first, nearly. */
export class MemoryAnswers implements AnswerStore {
  readonly #slots = new Map<string, Slot>();
  #bytes = 0;

  constructor(private readonly maxBytes: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): KeptAnswer | null {
    const slot = this.#slots.get(key);
    if (!slot) return null;
    if (slot.answer.expiresAtMs <= Date.now()) {
      this.#drop(key, slot);
      return null;
    }
    slot.used = true;
    return slot.answer;
  }

  set(key: string, answer: KeptAnswer): void {
    const bytes = answer.body.length + ENTRY_BYTES;
    const known = this.#slots.get(key);
    if (known) this.#drop(key, known);
    if (bytes > this.maxBytes) return;
    if (this.#bytes + bytes > this.maxBytes) this.#free(bytes);
    this.#slots.set(key, { answer, bytes, used: false });
    this.#bytes += bytes;
  }

  drop(keys: readonly string[] | null): Promise<void> {
    for (const key of keys ?? [...this.#slots.keys()]) {
      const slot = this.#slots.get(key);
      if (slot) this.#drop(key, slot);
    }
    return Promise.resolve();
  }

  close(): void {
    this.#slots.clear();
    this.#bytes = 0;
  }

  #drop(key: string, slot: Slot): void {
    this.#slots.delete(key);
    this.#bytes -= slot.bytes;
  }

  /** An entry that was used since the last time is met again after all others. */
  #free(needed: number): void {
    const goal = Math.min(this.maxBytes - needed, this.maxBytes * (1 - FREED_SHARE));
    for (const [key, slot] of this.#slots) {
      if (this.#bytes <= goal) return;
      if (slot.used && slot.answer.expiresAtMs > Date.now()) {
        slot.used = false;
        this.#slots.delete(key);
        this.#slots.set(key, slot);
      } else this.#drop(key, slot);
    }
  }
}
