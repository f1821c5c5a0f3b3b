import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, ROOT } from '../harness.ts';
import { BOOKED, type Booked, compare } from './books.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

const SHIFTED_CLOCK = join(ROOT, 'apps/gateway/test/attacks/preload/shifted-clock.mjs');
const HOUR_MS = 3_600_000;
const JUMPS = [0, HOUR_MS, -HOUR_MS, 24 * HOUR_MS, -24 * HOUR_MS, 0, 400, -400, 0];
const TIMEOUT_S = 3;

interface Rows {
  readonly count: number;
  readonly negative: number;
  readonly longest: number;
}

const ROWS = `SELECT count(*)::int AS count,
  (count(*) FILTER (WHERE duration_ms < 0 OR time_to_first_token_ms < 0 OR overhead_ms < 0 OR queue_ms < 0))::int AS negative,
  coalesce(max(duration_ms), 0)::int AS longest FROM spend_logs WHERE status = 200`;

/** The gateway's clock goes wrong by hours and days, forth and back, under load; the database's stays. */
async function jumps(field: Field): Promise<Measured> {
  const clockFile = join(tmpdir(), `clock-${process.pid}`);
  writeFileSync(clockFile, '0');
  const gateway = await field.gateway({
    env: { NODE_OPTIONS: `--import=${SHIFTED_CLOCK}`, CLOCK_FILE: clockFile },
    config: {
      models: [
        { model_name: '*', litellm_params: { ...AT_SANDBOX, model: 'openai/*' } },
        {
          model_name: 'slow',
          litellm_params: { ...AT_SANDBOX, model: 'openai/fault/silent', timeout: TIMEOUT_S },
        },
      ],
    },
  });
  const key = await gateway.key({
    max_budget: 50,
    budget_duration: '30d',
    rpm_limit: 1_000_000,
    duration: '7d',
  });
  const traffic = new Traffic({
    gateway: () => gateway,
    keys: [key],
    clients: 8,
    random: seeded(field.seed),
    streams: 0.3,
    pauseMs: 20,
    fields: { model: 'qwen3-30b-a3b' },
  });
  const early: number[] = [];
  for (const jump of JUMPS) {
    const startedAt = performance.now();
    // It waits through the jump: its deadline is measured on a clock that never jumps.
    const waiting = gateway.chat({ model: 'slow' }, { key });
    await pause(200);
    writeFileSync(clockFile, String(jump));
    await pause(field.long ? 30_000 : 800);
    await waiting;
    const tookMs = performance.now() - startedAt;
    if (tookMs < TIMEOUT_S * 1_000 - 100) early.push(Math.round(tookMs));
  }
  const seen = await traffic.stop();
  const books = await compare(seen.complete, () => field.query<Booked>(BOOKED), 45_000);
  const [rows] = await field.query<Rows>(ROWS);
  const info = await gateway.ask(`/key/info?key=${key}`);
  const spent = Number(info.json?.info?.spend ?? Number.NaN);
  const [sum] = await field.query<{ usd: number }>(
    `SELECT sum(cost_pico_usd)::float8 / 1e12 AS usd FROM spend_logs`,
  );
  const failed = seen.errors.length + seen.broken;
  const isOnce = Math.abs(spent - (sum?.usd ?? 0)) < 1e-9;
  return {
    pass:
      gateway.isUp &&
      failed === 0 &&
      early.length === 0 &&
      books.missing === 0 &&
      books.twice === 0 &&
      rows?.negative === 0 &&
      rows.longest < 60_000 &&
      isOnce,
    measured: {
      jumps: JUMPS.length,
      answered: seen.complete.length,
      failed,
      statuses: JSON.stringify([...new Set(seen.errors)]),
      timeoutsTooEarly: early.join(' '),
      missing: books.missing,
      twice: books.twice,
      negativeDurations: rows?.negative ?? -1,
      longestMs: rows?.longest ?? -1,
      spentByKey: spent,
      spentByRows: sum?.usd ?? 0,
    },
  };
}

const AT_SANDBOX = {
  api_base: 'os.environ/LLAMA_SWAP_API_BASE',
  api_key: 'none',
  input_cost_per_token: 1e-6,
  output_cost_per_token: 2e-6,
};

export const CLOCK_ROWS: readonly Row[] = [
  {
    id: 'P9',
    promise: 'a clock that jumps breaks nothing',
    bar: '±1 h and ±1 d: 0 failed, no negative duration, no timeout early, money once',
    run: jumps,
  },
];
