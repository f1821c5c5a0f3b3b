import { chunksOf, dataOf, deployment, type Gateway, until } from '../harness.ts';
import { lagDuring, percentile, rounded } from './lag.ts';
import { leave } from './leaving.ts';
import { type Field, type Measured, type Row } from './row.ts';

/** Deadlines of one second, two and four, so that each can be told from the others. */
const DEADLINES = { connect_timeout: 1, stream_timeout: 2, idle_timeout: 1, timeout: 4 };
const TOLERANCE_MS = 250;

const hurried = { models: [deployment('*', '*', DEADLINES)] };

async function neverTwice(field: Field): Promise<Measured> {
  const gateway = await field.gateway({
    config: {
      models: [deployment('pair', 'fault/rst-3'), deployment('pair', 'fault/cut-3')],
      router: { num_retries: 2, cooldown_time: 0 },
    },
  });
  const key = await gateway.key({});
  const calls = field.long ? 1_000 : 100;
  let [duplicated, silent] = [0, 0];
  for (let i = 0; i < calls; i += 1) {
    const { text } = await gateway.chat({ model: 'pair', stream: true }, { key });
    const data = dataOf(text);
    const ids = new Set(chunksOf(text).flatMap((chunk) => (chunk.id === undefined ? [] : [chunk.id])));
    if (ids.size > 1) duplicated += 1;
    if (!data.at(-1)?.includes('"error"') || data.includes('[DONE]')) silent += 1;
  }
  const upstream = (await field.sandbox.llamaSwap.truth()).filter(({ path }) =>
    path.endsWith('/completions'),
  ).length;
  return {
    pass: duplicated === 0 && silent === 0 && upstream === calls,
    measured: { calls, upstream, duplicated, silent },
  };
}

async function timed(
  gateway: Gateway,
  key: string,
  body: object,
): Promise<{ ms: number; status: number; text: string }> {
  const startedAt = performance.now();
  const { status, text } = await gateway.chat(body, { key });
  return { ms: performance.now() - startedAt, status, text };
}

async function deadlines(field: Field): Promise<Measured> {
  const gateway = await field.gateway({ config: hurried });
  const key = await gateway.key({});
  await gateway.chat({}, { key });
  const wanted: readonly (readonly [string, object, number])[] = [
    ['firstByte', { model: 'fault/silent', stream: true }, 2_000],
    ['firstContent', { model: 'fault/headers-then-silent', stream: true }, 2_000],
    ['idle', { model: 'fault/stall-3', stream: true }, 1_000],
    ['drip', { model: 'fault/slow-1', stream: true }, 2_000],
    ['total', { model: 'fault/pace-500+tokens-100', stream: true }, 4_000],
    ['totalUnstreamed', { model: 'fault/silent' }, 4_000],
  ];
  const measured: Record<string, number> = {};
  let pass = true;
  for (const [name, body, dueMs] of wanted) {
    const { ms, text } = await timed(gateway, key, body);
    measured[`${name}Ms`] = rounded(ms);
    pass &&= Math.abs(ms - dueMs) <= TOLERANCE_MS && text.includes('"error"');
  }
  return { pass, measured };
}

async function stalls(field: Field): Promise<Measured> {
  const gateway = await field.gateway({ config: hurried });
  const key = await gateway.key({});
  const calls = await Promise.all(
    Array.from({ length: 20 }, () => timed(gateway, key, { model: 'fault/stall-3', stream: true })),
  );
  const clean = calls.filter(({ text }) => !dataOf(text).at(-1)?.includes('"error"')).length;
  const slowest = Math.max(...calls.map(({ ms }) => ms));
  return {
    pass: clean === 0 && slowest <= 1_000 + 200 + TOLERANCE_MS,
    measured: { calls: calls.length, cleanEnds: clean, slowestMs: rounded(slowest) },
  };
}

async function truncations(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const key = await gateway.key({ user_id: 'cut-off' });
  const faults = ['fin-0', 'fin-1', 'fin-7', 'cut-3', 'rst-2', 'rst-9'];
  let [taken, visible] = [0, 0];
  for (const fault of faults) {
    const { status, text } = await timed(gateway, key, { model: `fault/${fault}`, stream: true });
    taken += 1;
    if (status >= 500 || (dataOf(text).at(-1)?.includes('"error"') && !text.includes('[DONE]'))) visible += 1;
  }
  const rows = await gateway.rows({ user_id: 'cut-off' }, taken);
  const failed = rows.filter(({ status }) => (status as unknown) === 'failure').length;
  return {
    pass: visible === taken && failed === taken,
    measured: { calls: taken, visible, failedRows: failed },
  };
}

const GARBAGE = [
  'html',
  'garbage',
  'invalid-utf8',
  'nul',
  'bigline-50',
  'flood-1000000',
  'negative-index',
  'bom',
  'crlf',
  'cr',
  'mixed-eol',
  'multiline-data',
  'comments',
  'id-retry',
  'no-space',
  'split-1',
  'empty',
  '204',
  'wrong-type',
  'short-length',
  'gzip-5',
  'big-headers-1',
];
const LAG_P99_MS = 100;

async function garbage(field: Field): Promise<Measured> {
  const gateway = await field.gateway({ config: hurried });
  const key = await gateway.key({});
  await gateway.chat({}, { key });
  const odd: string[] = [];
  const lag = await lagDuring(gateway, async () => {
    for (const fault of GARBAGE) {
      for (const stream of [true, false]) {
        const { status, text } = await timed(gateway, key, { model: `fault/${fault}`, stream });
        const parsed = status === 200 && stream ? dataOf(text).filter((data) => data !== '[DONE]') : [text];
        if (!parsed.every(isJson) || status === 500) odd.push(`${fault}${stream ? ' streamed' : ''}`);
      }
    }
  });
  return {
    pass: gateway.isUp && odd.length === 0 && lag.p99Ms <= LAG_P99_MS,
    measured: {
      kinds: GARBAGE.length * 2,
      odd: odd.join(', '),
      lagP99Ms: rounded(lag.p99Ms),
      lagMaxMs: rounded(lag.maxMs),
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const PROMPTLY_MS = 100;

async function leavers(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const key = await gateway.key({});
  const { llamaSwap } = field.sandbox;
  await llamaSwap.settings({ decodeMsPerToken: 20, answerTokens: 1_000 });
  const before = await llamaSwap.open();
  const calls = field.long ? 10_000 : 500;
  const leftAt = new Map<string, number>();
  for (let left = calls; left > 0; left -= 50) {
    await Promise.all(Array.from({ length: Math.min(50, left) }, () => leave(gateway, key, leftAt)));
  }
  await until('all upstream calls have ended', async () => (await llamaSwap.open()).inProgress === 0);
  const calmAt = performance.now();
  await until(
    'the sockets are back',
    async () => (await llamaSwap.open()).sockets <= before.sockets + 4,
  ).catch(() => undefined);
  const truth = await llamaSwap.truth();
  const delays = truth
    .flatMap(({ responseId, at: cameAt, closedAfterMs }) => {
      const left = leftAt.get(responseId ?? '');
      return left === undefined ? [] : [cameAt + (closedAfterMs ?? 0) - left];
    })
    .sort((a, b) => a - b);
  const p99 = percentile(delays, 0.99);
  return {
    pass: delays.length === calls && p99 <= PROMPTLY_MS,
    measured: {
      calls,
      matched: delays.length,
      p50Ms: percentile(delays, 0.5),
      p99Ms: p99,
      socketsBackAfterMs: rounded(performance.now() - calmAt),
    },
  };
}

export const UPSTREAM_ROWS: readonly Row[] = [
  {
    id: 'U3',
    promise: 'nothing is retried after the first byte',
    bar: '0 duplicated, error frame each time',
    run: neverTwice,
  },
  {
    id: 'U4',
    promise: 'every deadline fires when it is due',
    bar: `± ${TOLERANCE_MS} ms (100 on a quiet machine)`,
    run: deadlines,
  },
  {
    id: 'U5',
    promise: 'a stalled stream ends with an error that the client sees',
    bar: '≤ idle + 200 ms, never a clean end',
    run: stalls,
  },
  { id: 'U6', promise: 'a truncated stream is no success', bar: 'error frame, failed row', run: truncations },
  {
    id: 'U7',
    promise: 'garbage neither crashes nor leaks',
    bar: `0 crashes, 0 unreadable frames, lag p99 ≤ ${LAG_P99_MS} ms`,
    run: garbage,
  },
  {
    id: 'U9',
    promise: 'the upstream is left when the client leaves',
    bar: `p99 ≤ ${PROMPTLY_MS} ms`,
    run: leavers,
  },
];
