import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Exchange } from './exchange.js';
import { Player, type Frame, type Playback } from './player.js';
import { COMMON_SETTINGS } from './settings.js';
import { TruthLedger } from './truth-ledger.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const frame = (data: string, tokens = 1): Frame => ({ data, tokens });

/** Plays to a real client, and gives what it got and what was booked. */
async function played(frames: Frame[], playback: Omit<Playback, 'frames'> = {}) {
  const ledger = new TruthLedger();
  const entry = ledger.open([], '/');
  const server = createServer((req, res) => {
    const exchange = new Exchange(req, res, COMMON_SETTINGS, entry);
    res.once('close', () => ledger.close(entry, 'server'));
    new Player(exchange, { ...playback, frames: frames.values() }).start();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const reply = await new Promise<IncomingMessage>((resolve) => {
    get({ port, host: '127.0.0.1' }, resolve).on('error', () => {});
  });
  const parts: Buffer[] = [];
  const ended = await new Promise<boolean>((resolve) => {
    reply.on('data', (part: Buffer) => parts.push(part));
    reply.on('end', () => resolve(true));
    reply.on('error', () => resolve(false));
    if (playback.stallAfter !== undefined) setTimeout(() => resolve(false), 100);
  });
  return { text: Buffer.concat(parts).toString('utf8'), pieces: parts.length, ended, entry };
}

describe('Player', () => {
  test('writes every piece in a write of its own', async () => {
    const { pieces, text } = await played([frame('one '), frame('two '), frame('three')]);
    expect([text, pieces]).toEqual(['one two three', 3]);
  });

  test('writes several pieces a turn when told to', async () => {
    const { pieces, text } = await played([frame('a'), frame('b'), frame('c'), frame('d')], { perTurn: 4 });
    expect([text, pieces < 4]).toEqual(['abcd', true]);
  });

  test('books tokens and UTF-8 bytes of what was taken', async () => {
    const { entry } = await played([frame('naïve', 1), frame('', 0), frame('🙂', 2)]);
    expect(entry).toMatchObject({ emittedTokens: 3, generatedTokens: 3, emittedBytes: 10 });
  });

  test('keeps to its pace against the clock, not from piece to piece', async () => {
    const before = performance.now();
    const frames = Array.from({ length: 41 }, () => frame('x'));
    await played(frames, { paceMs: 5 });
    const tookMs = performance.now() - before;
    expect(tookMs).toBeGreaterThanOrEqual(195);
    expect(tookMs).toBeLessThan(1500);
  });

  test('does not wait for pieces without tokens', async () => {
    const before = performance.now();
    await played([frame('role', 0), frame('a'), frame('finish', 0), frame('done', 0)], { paceMs: 400 });
    expect(performance.now() - before).toBeLessThan(1100);
  });

  test('stalls after a number of tokens, with the pieces without any before them', async () => {
    const { ended, text } = await played([frame('role ', 0), frame('a'), frame('b'), frame('c')], {
      stallAfter: 2,
    });
    expect([ended, text]).toEqual([false, 'role ab']);
  });

  test('counts pieces instead of tokens when told to', async () => {
    const frames = [frame('a', 0), frame('b', 0), frame('c', 0)];
    const { ended, text } = await played(frames, { endAfter: { count: 2, how: 'fin' }, countPieces: true });
    expect([ended, text]).toEqual([true, 'ab']);
  });

  test.each(['cut', 'rst'] as const)('%s breaks the answer but not what was written', async (how) => {
    const { ended, text } = await played([frame('a'), frame('b'), frame('c')], {
      endAfter: { count: 2, how },
    });
    expect([ended, text]).toEqual([false, 'ab']);
  });
});
