import { describe, expect, test } from '@jest/globals';
import { FairShare } from './fair-share.js';

const ROUND_MS = 100;
let nowMs = 0;
const aShare = (random?: () => number): FairShare => new FairShare(random, () => nowMs);

interface Client {
  readonly name: string;
  readonly perRound: number;
}

/** A process that can begin `capacity` requests in a round, and how many of each client it began in the last of them. */
function rounds(
  share: FairShare,
  clients: readonly Client[],
  capacity: number,
  count: number,
): Map<string, number> {
  let begun = new Map<string, number>();
  for (let round = 0; round < count; round += 1) {
    begun = new Map(clients.map(({ name }) => [name, 0]));
    // In turn, as requests of many connections come.
    const most = Math.max(...clients.map(({ perRound }) => perRound));
    for (let turn = 0; turn < most; turn += 1) {
      nowMs += ROUND_MS / most;
      for (const { name, perRound } of clients) {
        if (turn >= perRound) continue;
        if (!share.isLimiting) share.admitted();
        else if (!share.admits(name)) continue;
        begun.set(name, (begun.get(name) ?? 0) + 1);
      }
    }
    const sum = [...begun.values()].reduce((all, one) => all + one, 0);
    share.endRound({ ms: ROUND_MS, isLate: sum > capacity * 1.2, utilization: Math.min(1, sum / capacity) });
  }
  return begun;
}

describe('the fair share of a saturated process', () => {
  test('admits everything, and counts nobody, while there is enough', () => {
    const share = aShare();
    expect(rounds(share, [{ name: 'a', perRound: 50 }], 100, 20).get('a')).toBe(50);
    expect(share.isLimiting).toBe(false);
  });

  test('settles near what the process can do when one client asks five times as much', () => {
    const share = aShare();
    const clients = [{ name: 'a', perRound: 500 }];
    rounds(share, clients, 100, 30);
    const settled = Array.from({ length: 40 }, () => rounds(share, clients, 100, 1).get('a') ?? 0);
    const mean = settled.reduce((sum, one) => sum + one, 0) / settled.length;
    expect(mean).toBeGreaterThan(85);
    expect(mean).toBeLessThan(115);
  });

  test('takes nothing from those who ask little when one floods', () => {
    const quiet = Array.from({ length: 10 }, (_, i) => ({ name: `quiet ${i}`, perRound: 3 }));
    const share = aShare();
    const begun = rounds(share, [{ name: 'flood', perRound: 400 }, ...quiet], 100, 40);
    for (const { name } of quiet) expect(begun.get(name)).toBe(3);
    expect(begun.get('flood')).toBeLessThan(90);
  });

  test('lets chance decide when there are more clients than requests can begin', () => {
    let seed = 1;
    const share = aShare(() => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647);
    const clients = Array.from({ length: 400 }, (_, i) => ({ name: `${i}`, perRound: 1 }));
    const begun = rounds(share, clients, 100, 40);
    const sum = [...begun.values()].reduce((all, one) => all + one, 0);
    expect(sum).toBeGreaterThan(60);
    expect(sum).toBeLessThan(140);
  });

  test('is over a moment after the flood is', () => {
    const share = aShare();
    rounds(share, [{ name: 'a', perRound: 500 }], 100, 30);
    rounds(share, [{ name: 'a', perRound: 20 }], 100, 12);
    expect(share.isLimiting).toBe(false);
  });

  test('never lets in fewer than a slow process would get anyway', () => {
    const share = aShare();
    expect(rounds(share, [{ name: 'a', perRound: 9 }], 0, 50).get('a')).toBe(9);
  });
});
