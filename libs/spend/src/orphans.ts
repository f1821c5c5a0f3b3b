import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { countOf } from './count-of.js';
import { LINE } from './journal-line.js';
import { type LineWatcher } from './segment-reader.js';
import { type Word } from './word-table.js';

/** A call that began and whose end nobody wrote. */
export interface Orphan {
  /** The begun line's JSON. */
  readonly text: string;
  readonly words: readonly Word[];
  readonly completionTokens: number;
}

/** Every line about a call starts with its id: `{"id":"` and 36 characters. */
const ID_START = 7;
const ID_END = 43;
const ABORTED = 500;

/** Finds out, over the segments of one dead process, which calls never ended. */
export class OrphanBook {
  private readonly begun = new Map<string, { text: string; words: readonly Word[] }>();
  private readonly progress = new Map<string, number>();

  /** `words` are those of the segment that the watched lines stand in. */
  watcher(words: () => readonly Word[]): LineWatcher {
    return ({ kind, bytes, start, end }) => {
      if (kind !== LINE.begun && kind !== LINE.progress && kind !== LINE.ended) return;
      const id = bytes.toString('latin1', start + ID_START, start + ID_END);
      if (kind === LINE.begun)
        this.begun.set(id, { text: bytes.toString('utf8', start, end), words: words() });
      else if (kind === LINE.progress) this.progress.set(id, tokensIn(bytes.toString('utf8', start, end)));
      else {
        this.begun.delete(id);
        this.progress.delete(id);
      }
    };
  }

  orphans(): Orphan[] {
    return [...this.begun].map(([id, { text, words }]) => ({
      text,
      words,
      completionTokens: this.progress.get(id) ?? 0,
    }));
  }
}

/**
 * The row of a call whose process died: the tokens that were noted last, at the price that was expected, marked as
 * estimated and provisional. Without a price the reserved amount stands.
 */
export function abortedRow({ text, completionTokens }: Orphan, lastSeenMs: number): string | null {
  const begun = parse(text);
  if (!begun) return null;
  const promptTokens = countOf(Number(begun.pe));
  const cost =
    begun.pi === undefined
      ? picoUsdOf(begun.res)
      : BigInt(promptTokens) * picoUsdOf(begun.pi) +
        BigInt(completionTokens) * picoUsdOf(begun.po) +
        picoUsdOf(begun.pr);
  const durationMs = countOf(lastSeenMs - Number(begun.at));
  return (
    `${text.slice(0, -1)},"st":${ABORTED},"err":"aborted","msg":"The gateway stopped during this call.","ms":${durationMs},` +
    `"pt":${promptTokens},"ct":${completionTokens},"cost":${cost},"est":true,"prov":true}`
  );
}

function picoUsdOf(value: JsonValue | undefined): bigint {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? BigInt(Math.floor(value)) : 0n;
}

function tokensIn(text: string): number {
  return countOf(Number(parse(text)?.ct));
}

function parse(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
