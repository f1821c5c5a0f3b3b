import { describe, expect, test } from '@jest/globals';
import { type JsonObject } from '@app/call';
import { aCall, aDeployment } from '@testing/call';
import { begunText, identityText } from './call-lines.js';
import { LINE, type LineKind } from './journal-line.js';
import { abortedRow, OrphanBook } from './orphans.js';
import { type Word, WordTable } from './word-table.js';

const ID = '01a20a92-3846-7745-9e67-00000000000';

function watch(book: OrphanBook, kind: LineKind, json: string, words: readonly Word[] = []): void {
  const bytes = Buffer.from(json);
  book.watcher(() => words)({ kind, bytes, start: 0, end: bytes.length });
}

function aborted(text: string, completionTokens = 0, lastSeenMs = 0): JsonObject {
  return JSON.parse(abortedRow({ text, words: [], completionTokens }, lastSeenMs) ?? 'null') as JsonObject;
}

describe('calls that never ended', () => {
  test('are those with a beginning and no end', () => {
    const book = new OrphanBook();
    watch(book, LINE.begun, `{"id":"${ID}1"}`);
    watch(book, LINE.begun, `{"id":"${ID}2"}`);
    watch(book, LINE.ended, `{"id":"${ID}1","st":200}`);
    expect(book.orphans().map(({ text }) => text)).toEqual([`{"id":"${ID}2"}`]);
  });

  test('have the progress that was noted last', () => {
    const book = new OrphanBook();
    watch(book, LINE.begun, `{"id":"${ID}1"}`);
    watch(book, LINE.progress, `{"id":"${ID}1","ct":5}`);
    watch(book, LINE.progress, `{"id":"${ID}1","ct":9}`);
    expect(book.orphans()[0]?.completionTokens).toBe(9);
  });

  test('that were carried over keep the words of their last segment', () => {
    const book = new OrphanBook();
    watch(book, LINE.begun, `{"id":"${ID}1","k":1}`, ['old']);
    watch(book, LINE.begun, `{"id":"${ID}1","k":3}`, ['new']);
    expect(book.orphans()).toEqual([{ text: `{"id":"${ID}1","k":3}`, words: ['new'], completionTokens: 0 }]);
  });
});

describe('the row of an aborted call', () => {
  test('is what was known of it, at the price that was expected, and marked', () => {
    const call = aCall({ startedAt: new Date(1_000) });
    const words = new WordTable();
    const text = identityText(call, words) + begunText(call, words, 5n, aDeployment());
    const prompt = Math.ceil(call.bodyBytes / 4);
    expect(aborted(text, 100, 3_500)).toMatchObject({
      ...{
        id: call.id,
        st: 500,
        err: 'aborted',
        ms: 2_500,
        pt: prompt,
        ct: 100,
        est: true,
        prov: true,
        d: 7,
      },
      cost: prompt * 1_500_000 + 100 * 2_000_000,
    });
  });

  test('costs the price of a request where there is one', () => {
    expect(aborted('{"id":"x","pe":2,"pi":3,"po":0,"pr":50}').cost).toBe(56);
  });

  test('costs what was reserved where no price is known', () => {
    expect(aborted('{"id":"x","pe":2,"res":77}').cost).toBe(77);
  });

  test.each(['{"id":"x","pe":-5,"pi":-1,"po":1e99,"pr":null}', '{"id":"x","res":-3}', '{"id":"x"}'])(
    '%s costs nothing that is not a whole positive amount',
    (text) => {
      expect(aborted(text).cost).toBe(0);
    },
  );

  test('cannot be made of something else', () => {
    expect(abortedRow({ text: '[1', words: [], completionTokens: 0 }, 0)).toBeNull();
  });
});
