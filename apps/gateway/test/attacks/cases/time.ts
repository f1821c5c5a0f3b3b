import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gateway, MASTER_KEY } from '../../harness/gateway.ts';
import { Visitor } from '../../ui/browsing.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding } from '../attack.ts';
import { preloading, withGateway } from '../own-gateway.ts';

const DAY_MS = 86_400_000;
const SETTLE_MS = 300;

export const TIME: readonly Attack[] = [
  {
    id: 'X105',
    input: 'wrong master keys that begin like every key, half like the right one, or wholly like it',
    expected: 'nothing to tell from the time (|t| < 4.5)',
    slow: true,
    run: timing,
  },
  {
    id: 'X145',
    input: 'the clock a day ahead, and back, during traffic',
    expected: 'no window twice, no session lost, no negative time, nobody locked out',
    slow: true,
    run: jumps,
  },
];

const SAMPLES = 100_000;
/** A wrong key waits for the next look at the list of keys, at most ten a second, and all that wait share it. */
const CLIENTS = 256;
const LEAKS = 4.5;
/** Longer than the right one, so that no guess is right and none is made twice: the second time is remembered. */
const GUESS_LENGTH = MASTER_KEY.length + 12;
/** Slow answers are those of a machine with other work; both kinds lose the same share. */
const KEPT = 0.9;

async function timing(arena: Arena): Promise<readonly Finding[]> {
  // What does not begin like a key is refused unread, and that is no secret.
  const shared = ['sk-'.length, 16, MASTER_KEY.length];
  const taken = shared.map((): number[] => []);
  const guess = (kept: number): string =>
    MASTER_KEY.slice(0, kept).padEnd(GUESS_LENGTH, '#').replaceAll('#', randomLetter);
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      for (let i = 0; i < SAMPLES / CLIENTS; i += 1) {
        const at = Math.floor(Math.random() * shared.length);
        const key = guess(shared[at] ?? 0);
        const startedAt = performance.now();
        await arena.gateway.http.ask('/v1/models', { key });
        taken[at]?.push(performance.now() - startedAt);
      }
    }),
  );
  const [first = [], ...others] = taken.map(quickest);
  return others.map((other, index) => {
    const t = welch(first, other);
    return check(`3 and ${shared[index + 1] ?? 0} bytes`, Math.abs(t) < LEAKS, `t = ${t.toFixed(2)}`);
  });
}

const randomLetter = (): string => String.fromCharCode(97 + Math.floor(Math.random() * 26));

function quickest(taken: readonly number[]): number[] {
  return [...taken].sort((a, b) => a - b).slice(0, Math.floor(taken.length * KEPT));
}

/** How many standard errors two means are apart. */
function welch(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [momentsOf(one), momentsOf(other)];
  return (a.mean - b.mean) / Math.sqrt(a.variance / one.length + b.variance / other.length);
}

function momentsOf(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance };
}

/** The price of a call with five tokens of answer, at the prices of the tests. */
const CALL_USD = 0.000018;
/** More than such a call may cost, by its bytes: with less left it is refused. */
const BOUND_USD = 0.0003;
const CALLS_A_DAY = 5;
const MOST_CALLS_A_DAY = CALLS_A_DAY + Math.floor(BOUND_USD / CALL_USD);

function jumps(arena: Arena): Promise<readonly Finding[]> {
  const file = join(mkdtempSync(join(tmpdir(), 'gateway-attack-clock-')), 'offset');
  const move = async (ms: number): Promise<void> => {
    writeFileSync(file, String(ms));
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  };
  writeFileSync(file, '0');
  const env = { ...preloading('shifted-clock.mjs'), CLOCK_FILE: file };
  return withGateway(arena, { env }, async (gateway) => {
    const admin = await Visitor.signedIn(gateway);
    const daily = await gateway.key({
      max_budget: CALL_USD * CALLS_A_DAY + BOUND_USD,
      budget_duration: '1d',
      user_id: `daily-${Date.now()}`,
    });
    const paced = await gateway.key({ rpm_limit: 60 });
    const lasting = await gateway.key({ duration: '2d' });
    const today = await spend(gateway, daily);
    const across = overTheJump(gateway, paced, () => move(DAY_MS));
    const tomorrow = (await across, await spend(gateway, daily));
    const ahead = await Promise.all([paced, lasting].map((key) => gateway.chat({ max_tokens: 1 }, { key })));
    const back = await overTheJump(gateway, paced, () => move(0));
    const again = await spend(gateway, daily);
    await move(DAY_MS);
    const tomorrowAgain = await spend(gateway, daily);
    await move(0);
    const after = await Promise.all([paced, lasting].map((key) => gateway.chat({ max_tokens: 1 }, { key })));
    const { status } = await admin.get('/ui/keys');
    return [
      check('today', today >= CALLS_A_DAY && today <= MOST_CALLS_A_DAY, `${today} calls`),
      check('tomorrow', tomorrow >= CALLS_A_DAY && tomorrow <= MOST_CALLS_A_DAY, `${tomorrow} calls`),
      check(
        'no window twice',
        again === 0 && tomorrowAgain + tomorrow <= MOST_CALLS_A_DAY,
        `${again} more today, ${tomorrowAgain} more tomorrow`,
      ),
      check(
        'others ahead',
        ahead.every((one) => one.status === 200),
        ahead.map((one) => one.status).join(' '),
      ),
      check(
        'others afterwards',
        after.every((one) => one.status === 200),
        after.map((one) => `${one.status} ${one.text.slice(0, 120)}`).join(' '),
      ),
      ...(await across),
      ...back,
      check('the session', [200, 303].includes(status), `status ${status}`),
    ];
  });
}

/** Calls until the budget says no. */
async function spend(gateway: Gateway, key: string): Promise<number> {
  for (let served = 0; ; served += 1) {
    const { status } = await gateway.chat({ max_tokens: 5 }, { key });
    if (status !== 200 || served > 2 * MOST_CALLS_A_DAY) return served;
  }
}

async function overTheJump(gateway: Gateway, key: string, jump: () => Promise<void>): Promise<Finding[]> {
  const callId = `jump-${Date.now()}-${Math.random()}`;
  const calling = gateway.chat(
    { model: 'fault/pace-20+tokens-40', stream: true },
    { key, headers: { 'x-litellm-call-id': callId } },
  );
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  await jump();
  const { status, text } = await calling;
  const row = await gateway.row(callId);
  const took = Number(row.request_duration_ms);
  return [
    check(
      'a call over the jump',
      status === 200 && text.includes('[DONE]'),
      `status ${status}: ${text.slice(-200)}`,
    ),
    check(
      'its time',
      took >= 0 && took < 60_000 && Number(row.spend) >= 0,
      JSON.stringify(row).slice(0, 400),
    ),
  ];
}
