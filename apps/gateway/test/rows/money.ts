import { abandonStreams } from '../ledger/abandoned.ts';
import { deployment, pause, PRICES, until } from '../harness.ts';
import { type Booked, BOOKED, compare } from './books.ts';
import { bySpec } from './by-spec.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

const MOST_DIFFERENCE = 0.005;

/** Streams that are left at a random chunk are charged what the upstream gave until then. */
async function leavers(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const left = await abandonStreams({
    gateway,
    llamaSwap: field.sandbox.llamaSwap,
    postgres: field.postgres,
    database: field.database,
    streams: field.long ? 10_000 : 300,
    random: seeded(field.seed),
  });
  return {
    pass: left.difference <= MOST_DIFFERENCE && left.unpaid === 0 && left.truthTokens > 0,
    measured: { ...left },
  };
}

interface TriedRow {
  readonly attempts: number;
  readonly tried: number;
  readonly cost: string;
  readonly of_attempts: string;
  readonly prompt: number;
  readonly completion: number;
}

const TRIED = `SELECT log.attempts, count(try.ordinal)::int AS tried, log.cost_pico_usd::text AS cost,
  coalesce(sum(try.cost_pico_usd), 0)::text AS of_attempts, log.prompt_tokens AS prompt, log.completion_tokens AS completion
  FROM spend_logs AS log LEFT JOIN spend_attempts AS try USING (started_at, id)
  WHERE log.call_type_code = (SELECT code FROM spend_words WHERE word = 'acompletion') GROUP BY log.started_at, log.id`;

/** Failures, then an answer: one row, one attempt for each call of the upstream, and the money of those that used tokens. */
async function attemptsArePaid(field: Field): Promise<Measured> {
  const { llamaSwap } = field.sandbox;
  const gateway = await field.gateway({
    config: {
      models: [
        deployment('twice', 'qwen3-30b-a3b'),
        deployment('broken', 'fault/500'),
        deployment('spare', 'gemma3-27b'),
      ],
      router: { num_retries: 2, retry_after: 0, cooldown_time: 0, fallbacks: [{ broken: ['spare'] }] },
    },
  });
  const key = await gateway.key({ user_id: 'patient' });
  const calls = field.long ? 500 : 40;
  let shown = 0;
  for (let count = 0; count < calls; count += 1) {
    if (count % 2 === 0) await llamaSwap.next({ status: 500, match: { model: 'qwen3-30b-a3b' }, times: 2 });
    const answer = await gateway.chat({ model: count % 2 === 0 ? 'twice' : 'broken' }, { key });
    if (answer.status === 200) shown += 1;
  }
  const rows = await until(
    'every call has its row',
    async () => {
      const found = await field.query<TriedRow>(TRIED);
      return found.length >= calls && found;
    },
    20_000,
  );
  const truth = (await llamaSwap.truth()).filter(({ path }) => path.endsWith('/chat/completions'));
  const tokens = truth.reduce((sum, one) => sum + one.promptTokens * 1 + one.generatedTokens * 2, 0);
  const good = truth.filter(({ status }) => status === 200);
  const due = good.reduce((sum, one) => sum + one.promptTokens + 2 * one.generatedTokens, 0) * 1_000_000;
  const booked = rows.reduce((sum, { cost }) => sum + Number(cost), 0);
  const ofAttempts = rows.reduce((sum, row) => sum + Number(row.of_attempts), 0);
  const attempts = rows.reduce((sum, { tried }) => sum + tried, 0);
  const wrong = rows.filter((row) => row.tried !== row.attempts || row.tried < 2).length;
  return {
    pass:
      shown === calls &&
      rows.length === calls &&
      attempts === truth.length &&
      booked === due &&
      ofAttempts === due &&
      wrong === 0,
    measured: {
      calls,
      shown,
      rows: rows.length,
      attempts,
      upstream: truth.length,
      booked,
      ofAttempts,
      due,
      wrong,
      tokens,
    },
  };
}

const NEW_PRICES = [3, 7, 11].map((times) => ({
  input_cost_per_token: PRICES.input_cost_per_token * times,
  output_cost_per_token: PRICES.output_cost_per_token * times,
}));

interface PricedRow {
  readonly version: string;
  readonly at: string;
  readonly prompt: number;
  readonly completion: number;
  readonly cost: string;
}

const PRICED = `SELECT word AS version, (extract(epoch FROM started_at) * 1000)::text AS at, prompt_tokens AS prompt,
  completion_tokens AS completion, cost_pico_usd::text AS cost
  FROM spend_logs JOIN spend_words ON code = price_code WHERE status = 200`;

/** A price that changes under load: each row is charged by the price that its version names, none by a later one. */
async function pricesHold(field: Field): Promise<Measured> {
  const gateway = await field.gateway({ env: { STORE_MODEL_IN_DB: 'True' } });
  const at = { model: 'openai/qwen3-30b-a3b', api_base: 'os.environ/LLAMA_SWAP_API_BASE', api_key: 'none' };
  const model_info = { id: 'repriced' };
  const added = await gateway.ask('/model/new', {
    body: { model_name: 'repriced', litellm_params: { ...at, ...PRICES }, model_info },
  });
  const key = await gateway.key({ user_id: 'payer' });
  const traffic = new Traffic({
    gateway: () => gateway,
    keys: [key],
    clients: 8,
    random: seeded(field.seed),
    streams: 0.5,
    pauseMs: 5,
    fields: { model: 'repriced' },
  });
  const changes = [{ atMs: 0, times: 1 }];
  let refused = added.status === 200 ? 0 : 1;
  for (const [index, prices] of NEW_PRICES.entries()) {
    await pause(field.long ? 10_000 : 1_500);
    const answer = await gateway.ask('/model/update', { body: { model_info, litellm_params: prices } });
    if (answer.status !== 200) refused += 1;
    changes.push({ atMs: Date.now(), times: [3, 7, 11][index] ?? 0 });
  }
  await pause(1_000);
  const seen = await traffic.stop();
  await compare(seen.complete, () => field.query<Booked>(BOOKED), 30_000);
  const rows = await field.query<PricedRow>(PRICED);
  const timesOf = (row: PricedRow): number =>
    Number(row.cost) / ((row.prompt + 2 * row.completion) * 1_000_000);
  const byVersion = Map.groupBy(rows, ({ version }) => version);
  const mixed = [...byVersion.values()].filter((some) => new Set(some.map(timesOf)).size !== 1).length;
  const late = rows.filter((row) => {
    const due = changes.findLast(({ atMs }) => Number(row.at) > atMs)?.times ?? 0;
    return timesOf(row) < due;
  }).length;
  return {
    pass:
      refused === 0 && mixed === 0 && late === 0 && byVersion.size === changes.length && rows.length > 100,
    measured: { rows: rows.length, versions: byVersion.size, changes: changes.length, mixed, late, refused },
  };
}

const WRITER = 'libs/spend/src/spend-writer.db.spec.ts';

export const MONEY_ROWS: readonly Row[] = [
  bySpec(
    {
      id: 'A2',
      promise: 'one row and one charge a call, whatever is retried',
      bar: '0 twice, sums unchanged',
    },
    { files: [WRITER, 'libs/spend/src/shipper.db.spec.ts', 'libs/spend/src/adopter.db.spec.ts'] },
  ),
  bySpec(
    { id: 'A4', promise: 'writing spend never deadlocks', bar: '8 writers over the same keys: 0 deadlocks' },
    { files: [WRITER], named: 'deadlocks' },
  ),
  {
    id: 'A6',
    promise: 'abandoned streams are charged what the upstream gave',
    bar: 'sum within 0.5 %, no row with tokens and no cost; 300 streams (10,000 in the long form)',
    run: leavers,
  },
  bySpec(
    {
      id: 'A8',
      promise: 'odd usage never corrupts money',
      bar: 'no NaN, nothing negative, explicit zeros are zero',
    },
    {
      files: [
        'libs/upstream/src/usage-meter.spec.ts',
        'libs/spend/src/cost-of.spec.ts',
        'apps/gateway/test/streams.e2e.spec.ts',
        WRITER,
      ],
      named: 'usage|constraint|cost|price|zero',
    },
  ),
  {
    id: 'A10',
    promise: 'each attempt that used tokens is paid once, the call is shown once',
    bar: 'a row a call, an attempt a try, Σ = what the upstream counted',
    run: attemptsArePaid,
  },
  {
    id: 'A12',
    promise: 'a price holds from its change on, never for what was before',
    bar: 'every row recomputes by the version it carries',
    run: pricesHold,
  },
];
