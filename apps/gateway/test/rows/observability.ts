import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, HttpClient, listOf, stringOf, until } from '../harness.ts';
import { bySpec } from './by-spec.ts';
import { lagDuring, percentile, rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { telemetryTrial } from './telemetry-trial.ts';

const KEYS = 10_000;
/** Lines of the log are written after a quarter of a second at the latest. */
const LOG_FLUSH_MS = 300;
const SCRAPE_MS = 100;
const SCRAPE_BYTES = 2 * 1024 * 1024;

/** Keys with budgets and rates that have called, told by name, among ten thousand; then ten scrapes at once, each second. */
async function scrapes(field: Field): Promise<Measured> {
  const gateway = await field.gateway({
    config: { litellm: { prometheus_initialize_budget_metrics: true } },
  });
  await field.query(
    `INSERT INTO virtual_keys (hash, key_name, key_alias, version, created_by, updated_by)
     SELECT encode(sha256(n::text::bytea), 'hex'), 'sk-...many', 'many-' || n, 0, 't', 't' FROM generate_series(1, ${KEYS}) AS n`,
  );
  const callers = field.long ? 2_000 : 300;
  for (let made = 0; made < callers; made += 20) {
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const limits = { max_budget: 10, budget_duration: '30d', rpm_limit: 600, tpm_limit: 1e6 };
        const key = await gateway.key({
          ...limits,
          key_alias: `caller-${made + n}`,
          user_id: `user-${made + n}`,
        });
        await gateway.chat({ max_tokens: 2 }, { key });
      }),
    );
  }
  const took: number[] = [];
  let bytes = 0;
  const lag = await lagDuring(gateway, async () => {
    for (let second = 0; second < (field.long ? 60 : 8); second += 1) {
      await Promise.all([
        sleep(1_000),
        ...Array.from({ length: 10 }, async () => {
          const startedAt = performance.now();
          const { text } = await gateway.http.ask('/metrics');
          took.push(performance.now() - startedAt);
          bytes = Math.max(bytes, Buffer.byteLength(text));
        }),
      ]);
    }
  });
  took.sort((a, b) => a - b);
  const p95Ms = rounded(percentile(took, 0.95));
  const { text } = await gateway.http.ask('/metrics');
  const told = text.match(/^litellm_remaining_api_key_budget_metric\{/gm)?.length ?? 0;
  return {
    pass: p95Ms <= SCRAPE_MS && bytes <= SCRAPE_BYTES && told > 0 && lag.p99Ms <= SCRAPE_MS,
    measured: {
      ...{
        keys: KEYS + callers,
        callers,
        scrapes: took.length,
        medianMs: rounded(percentile(took, 0.5)),
        p95Ms,
      },
      ...{ maxMs: rounded(took.at(-1) ?? 0), bytes, series: seriesIn(text), keysTold: told },
      probesP99Ms: rounded(lag.p99Ms),
    },
  };
}

const seriesIn = (text: string): number => text.split('\n').filter((line) => /^[a-z]/.test(line)).length;

/** Names that clients make up: of models, paths, users, programs. */
async function madeUpNames(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const key = await gateway.key();
  const calls = field.long ? 20_000 : 600;
  const one = async (n: string): Promise<void> => {
    const headers = { 'user-agent': `agent-${n}`, 'x-litellm-tags': `tag-${n}` };
    await gateway.chat({ model: `made-up-${n}`, user: `user-${n}`, max_tokens: 1 }, { key, headers });
    await gateway.ask(`/v1/nowhere/${n}`, { key, headers });
  };
  for (let n = 0; n < 20; n += 1) await one(`warm-${n}`);
  const series = async (): Promise<number> => seriesIn((await gateway.http.ask('/metrics')).text);
  const before = await series();
  for (let n = 0; n < calls; n += 20)
    await Promise.all(Array.from({ length: 20 }, (_, at) => one(`${n + at}`)));
  const grown = (await series()) - before;
  return { pass: grown <= 1, measured: { names: calls, seriesBefore: before, grown } };
}

/** The id of an answer leads to its line in the log, its row and its trace. */
async function joinable(field: Field): Promise<Measured> {
  const gateway = await field.gateway({ config: { litellm: { callbacks: ['langfuse'] } } });
  const key = await gateway.key({ user_id: 'joined' });
  const langfuse = field.sandbox.backend('langfuse');
  await langfuse.reset({ settings: true });
  const calls = field.long ? 1_500 : 200;
  const ids: string[] = [];
  for (let n = 0; n < calls; n += 10) {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        gateway.chat(
          { stream: at % 2 === 0, max_tokens: 2, ...(at === 9 && { model: 'fault/500' }) },
          { key },
        ),
      ),
    );
    ids.push(...answers.map(({ headers }) => headers['x-litellm-call-id'] ?? ''));
  }
  const reader = new HttpClient(langfuse.url);
  try {
    const traced = await until(
      'every trace arrives',
      async () => {
        const { json } = await reader.ask('/__sandbox/events');
        const found = listOf(json?.observations).map(({ metadata }) => stringOf(metadata?.litellm_call_id));
        const known = new Set(found);
        return ids.every((id) => known.has(id)) && known;
      },
      30_000,
      200,
    );
    await sleep(LOG_FLUSH_MS);
    const log = gateway.child.output();
    const logged = ids.filter((id) => log.includes(id)).length;
    const rows = await Promise.all(ids.slice(0, 200).map((id) => gateway.row(id).catch(() => null)));
    const booked = rows.filter((row) => row !== null).length;
    return {
      pass: ids.every((id) => id !== '') && logged === calls && booked === Math.min(200, calls),
      measured: {
        calls,
        logged,
        rowsAsked: rows.length,
        booked,
        traced: ids.filter((id) => traced.has(id)).length,
      },
    };
  } finally {
    await reader.close();
  }
}

const FAULTS = [
  'fault/500',
  'fault/html',
  'fault/empty',
  'quick/fault/silent',
  'quick/fault/rst-0',
  'fault/status-503',
];
const BURST = 20;

/** A burst of each failure: as many counts as failures, and lines that do not pile up. */
async function countedOnce(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const key = await gateway.key();
  const wrong: string[] = [];
  let most = 0;
  for (const model of FAULTS) {
    const [before, from, startedAt] = [
      await errorsOf(gateway),
      gateway.child.output().length,
      performance.now(),
    ];
    const answers = await Promise.all(Array.from({ length: BURST }, () => gateway.chat({ model }, { key })));
    const failed = answers.filter(({ status }) => status >= 400).length;
    const counted = (await errorsOf(gateway)) - before;
    if (failed !== BURST || counted !== failed) wrong.push(`${model}: ${failed} failed, ${counted} counted`);
    await sleep(200);
    const perSecond =
      warningsIn(gateway.child.output().slice(from)) / Math.ceil((performance.now() - startedAt) / 1_000);
    most = Math.max(most, perSecond);
  }
  return {
    pass: wrong.length === 0 && most <= 1,
    measured: {
      faults: FAULTS.length,
      calls: FAULTS.length * BURST,
      linesPerSecondAndCause: rounded(most),
      wrong: wrong.join('; '),
    },
  };
}

async function errorsOf(gateway: Gateway): Promise<number> {
  const { text } = await gateway.http.ask('/metrics');
  return text
    .split('\n')
    .filter((line) => line.startsWith('litellm_errors_total{'))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Of the cause that has most lines; lines about single requests are not meant. */
function warningsIn(log: string): number {
  const causes = new Map<string, number>();
  for (const line of log.split('\n')) {
    if (!/"level":"(?:warn|error|fatal)"/.test(line) || line.includes('"context":"Request"')) continue;
    const cause = (/"msg":"([^"]*)/.exec(line)?.[1] ?? line).replace(/\d+/g, '0');
    causes.set(cause, (causes.get(cause) ?? 0) + 1);
  }
  return Math.max(0, ...causes.values());
}

const CANARIES = 'apps/gateway/test/telemetry.e2e.spec.ts';

export const OBSERVABILITY_ROWS: readonly Row[] = [
  {
    id: 'L1',
    promise: 'a Langfuse in trouble is seen by no client',
    bar: 'added p99 ≤ 1 ms, waiting ≤ 2,000 and 32 MB, drops counted, RSS ≤ +40 MB',
    run: ({ long }) =>
      telemetryTrial(['--modes=down,slow,413,429,hang,207', `--seconds=${long ? 60 : 8}`, '--outage=1']),
  },
  {
    id: 'L2',
    promise: 'traces of an outage arrive afterwards, once',
    bar: '≥ 99 %, none twice',
    run: ({ long }) => telemetryTrial(['--modes=down', '--seconds=4', `--outage=${long ? 60 : 10}`], 'away'),
  },
  { id: 'L4', promise: 'scrapes never block', bar: 'p95 ≤ 100 ms, ≤ 2 MB', run: scrapes },
  { id: 'B10', promise: 'clients add no series', bar: '≤ 1', run: madeUpNames },
  { id: 'O8', promise: 'one id joins answer, log, row and trace', bar: '100 %', run: joinable },
  {
    id: 'O5',
    promise: 'each failure is counted once and told rarely',
    bar: '1 count a failure, ≤ 1 line a second and cause',
    run: countedOnce,
  },
  bySpec(
    { id: 'K3', promise: 'no secret in log, errors, traces, metrics, database, pages', bar: '0 found' },
    { files: [CANARIES], named: 'no secret and no prompt' },
  ),
  bySpec(
    { id: 'K5', promise: 'secrets never leave by the API', bar: 'masked, write-only' },
    {
      files: [
        'apps/gateway/test/models.e2e.spec.ts',
        'apps/gateway/test/ui/models.e2e.spec.ts',
        'libs/audit/src/without-secrets.spec.ts',
      ],
    },
  ),
  bySpec(
    { id: 'K7', promise: 'prompts are not logged by default', bar: '0 found' },
    { files: [CANARIES, 'libs/spend/src/prompt-store.db.spec.ts'], named: 'prompt' },
  ),
];
