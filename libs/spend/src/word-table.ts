import { storable } from '@app/call';

export type Word = string | null;

/** Longer words are cut; an index entry of PostgreSQL has to hold them. */
const MAX_WORD_LENGTH = 512;

/** Numbers for texts that repeat from row to row: numbers from `first` on stand for `words`. */
export interface WordBlock {
  readonly first: number;
  readonly words: readonly Word[];
}

/**
 * Texts that many rows share, such as the key hash, as numbers from 1 on. Each segment of the journal
 * has a table of its own, so that it can be read without anything else.
 */
export class WordTable {
  /** `words[0]` is unused: arrays of PostgreSQL count from 1. */
  readonly words: Word[] = [null];
  readonly blocks: WordBlock[] = [];
  private readonly byObject = new WeakMap<object, number>();
  private readonly byText = new Map<string, number>();

  constructor(private readonly onNew: (block: WordBlock) => void = () => undefined) {}

  /** The number of the first word; the others follow. An object must stand for the same words for ever. */
  blockOf(key: object | string, words: () => readonly Word[]): number {
    const known = typeof key === 'string' ? this.byText.get(key) : this.byObject.get(key);
    return known ?? this.learn(key, words());
  }

  /** Writes a block of another table again under the numbers that it has there. */
  carry(block: WordBlock): void {
    this.onNew(block);
    this.restore(block);
    this.blocks.push(block);
    this.byText.set(JSON.stringify(block.words), block.first);
  }

  /** Takes over a block under the numbers that it had when it was written. */
  restore({ first, words }: WordBlock): void {
    if (!Number.isInteger(first) || first < 1 || first + words.length > MAX_NUMBER) return;
    while (this.words.length < first) this.words.push(null);
    words.forEach((word, offset) => (this.words[first + offset] = word));
  }

  private learn(key: object | string, given: readonly Word[]): number {
    const words = given.map((word) => word && storable(word, MAX_WORD_LENGTH));
    const text = typeof key === 'string' ? key : JSON.stringify(words);
    let first = this.byText.get(text);
    if (first === undefined) {
      first = this.words.length;
      const block = { first, words };
      // Written first: a number that is not in the file must never be used.
      this.onNew(block);
      this.words.push(...words);
      this.blocks.push(block);
      this.byText.set(text, first);
    }
    if (typeof key === 'object') this.byObject.set(key, first);
    return first;
  }
}

const MAX_NUMBER = 1_000_000;
