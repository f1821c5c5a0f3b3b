import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type Call, type JsonObject, type Outcome, type OutcomeSink, parseJsonBody } from '@app/call';
import { aCall, aCaller, aDeployment, anOutcome } from '@testing/call';
import { aConfigStore } from '@testing/config';
import { Secret } from '@app/call';
import { AnswerText, UpstreamClient } from '@app/upstream';
import { median } from './statistics.ts';

// node --import ./bench/typescript.mjs bench/sinks.bench.ts: what it costs to tell of a call.

// The package of the metrics is CommonJS and requires Nest: it loads only after Nest.
const {
  GatewayLogger,
  LangfuseSink,
  MetricFamilies,
  MetricsSink,
  ModelLabels,
  OpenTelemetrySink,
  RequestLogSink,
} = await import('@app/observability');
const { linesTo } = await import('../libs/observability/src/line-batches.ts');
const { OutcomeTallies } = await import('../libs/observability/src/outcome-tallies.ts');
const { RequestSeries } = await import('../libs/observability/src/request-series.ts');
const { ModelDurations } = await import('../libs/observability/src/model-durations.ts');
const { TelemetryDeliveries } = await import('../libs/observability/src/telemetry-deliveries.ts');

const CALLS = 10_000;
const TRACES = 2_000;
/** So few that they are still near the processor, as the outcome of one call is. */
const AT_ONCE = 20;
const ROUNDS = 7;
const MODELS = 20;

const deployments = Array.from({ length: MODELS }, (_, index) =>
  aDeployment({ id: `deployment-${index}`, modelGroup: `model-${index}`, upstreamModel: `qwen-${index}` }),
);
const callers = Array.from({ length: 50 }, (_, index) => aCaller({ keyAlias: `team-${index}` }));
const words = 'the quick brown fox jumps over the lazy dog '.repeat(20);

/** As they come: texts of their own for each call, one in twenty failed, one in three streamed. */
function outcomes(count: number): Outcome[] {
  return Array.from({ length: count }, (_, index) => {
    const answer = new AnswerText();
    answer.sawWhole([{ index: 0, message: { role: 'assistant', content: words } }], words.length);
    const deployment = deployments[index % MODELS] ?? null;
    const call = callOf(index);
    const fails = index % 20 === 19;
    const attempt = { deploymentId: deployment?.id ?? '', startedAtMs: call.startedAtMs, durationMs: 90 };
    return anOutcome({
      ...{ call, deployment, answer, status: fails ? 502 : 200 },
      errorType: fails ? 'upstream_error' : null,
      errorMessage: fails ? 'The upstream answered with an error.' : null,
      attempts: [{ ...attempt, status: fails ? 502 : 200, error: fails ? 'bad gateway' : null }],
      costPicoUsd: BigInt(index) * 1_000_003n,
      ...{ durationMs: 100 + index / 7, timeToFirstTokenMs: 12 + index / 13, overheadMs: 1 + index / 17_000 },
    });
  });
}

function callOf(index: number): Call {
  const body: JsonObject = {
    ...{ model: `model-${index % MODELS}`, temperature: 0.7, max_tokens: 256, stream: index % 3 === 0 },
    messages: [
      { role: 'system', content: words },
      { role: 'user', content: `${index} ${words}` },
    ],
  };
  const { object } = parseJsonBody(Buffer.from(JSON.stringify(body)));
  return aCall({
    ...{ body, model: object['model'] as string, caller: callers[index % callers.length] ?? aCaller() },
    route: Buffer.from('/v1/chat/completions').toString(),
    stream: index % 3 === 0,
  });
}

interface Subject {
  readonly name: string;
  readonly barUs: number | null;
  readonly count: number;
  readonly sink: OutcomeSink;
  /** Until what was put off is done. */
  readonly settled: () => Promise<void>;
}

async function measure({ name, barUs, count, sink, settled }: Subject): Promise<void> {
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    let us = 0;
    for (let done = 0; done < count; done += AT_ONCE) us += await spent(outcomes(AT_ONCE), sink);
    const before = process.cpuUsage();
    await settled();
    us += sum(process.cpuUsage(before));
    // The first one warms up.
    if (round > 0) rounds.push(us / count);
  }
  const us = median(rounds);
  const verdict = barUs === null ? '' : us <= barUs ? ` (bar ${barUs}) holds` : ` (bar ${barUs}) MISSED`;
  process.stdout.write(
    `${name.padEnd(48)} ${us.toFixed(2).padStart(7)} µs CPU, least ${Math.min(...rounds).toFixed(2)}${verdict}\n`,
  );
}

async function spent(all: readonly Outcome[], sink: OutcomeSink): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  const before = process.cpuUsage();
  for (const outcome of all) {
    sink.wantsAnswer?.(outcome.call);
    sink.accept(outcome);
  }
  return sum(process.cpuUsage(before));
}

const sum = ({ user, system }: NodeJS.CpuUsage): number => user + system;

const families = new MetricFamilies();
const labels = new ModelLabels();
labels.replace(deployments.map(({ modelGroup }) => modelGroup));
const metrics = new MetricsSink(
  labels,
  new OutcomeTallies(),
  new RequestSeries(families),
  new ModelDurations(families),
);
Logger.overrideLogger(new GatewayLogger('info', linesTo('/dev/null')));
const at = performance.now.bind(performance);
const now = (): Promise<void> => sleep(300);

const langfuse = (host: string): { readonly sink: OutcomeSink; readonly waiting: () => number } => {
  const deliveries = new TelemetryDeliveries(new MetricFamilies());
  const settings = {
    ...{ publicKey: 'pk-lf-1', secretKey: new Secret('sk-lf-1'), host, flushIntervalMs: 100 },
    ...{ transport: 'auto' as const, environment: null, release: null },
  };
  const config = aConfigStore({ langfuse: settings, litellm: { callbacks: ['langfuse'] } });
  const sink = new LangfuseSink(config, new UpstreamClient(true), deliveries);
  return { sink, waiting: () => deliveries.all[0]?.queue.size ?? 0 };
};

const together = (...sinks: OutcomeSink[]): OutcomeSink => ({
  wantsAnswer: (call) => sinks.some((sink) => sink.wantsAnswer?.(call) === true),
  accept: (outcome) => {
    for (const sink of sinks) sink.accept(outcome);
  },
});

const until = async (isDone: () => boolean): Promise<void> => {
  const startedAtMs = at();
  while (!isDone() && at() - startedAtMs < 30_000) await sleep(20);
};

await measure({
  ...{ name: 'metrics', barUs: null, count: CALLS, sink: metrics, settled: () => Promise.resolve() },
});
const log = new RequestLogSink(aConfigStore({ logLevel: 'info' }));
await measure({ name: 'request log', barUs: null, count: CALLS, sink: log, settled: now });
await measure({
  ...{ name: 'metrics + log', barUs: 8, count: CALLS, settled: now },
  sink: together(metrics, log),
});
const away = langfuse('http://127.0.0.1:9');
await measure({ name: 'Langfuse, at its cap', barUs: null, count: CALLS, sink: away.sink, settled: now });
await measure({
  ...{ name: 'metrics + log + Langfuse at its cap', barUs: 15, count: CALLS, settled: now },
  sink: together(metrics, log, away.sink),
});

const sandbox = spawn(process.execPath, ['dist/apps/sandbox/src/main.js', 'langfuse=0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const line = await new Promise<string>((resolve) =>
  sandbox.stdout.once('data', (chunk: Buffer) => resolve(String(chunk).split('\n', 1)[0] ?? '')),
);
const { langfuse: host = '' } = JSON.parse(line) as Record<string, string>;
const taken = langfuse(host);
await measure({
  ...{ name: 'Langfuse, each trace delivered (spans)', barUs: null, count: TRACES, sink: taken.sink },
  settled: () => until(() => taken.waiting() === 0),
});
const otlpDeliveries = new TelemetryDeliveries(new MetricFamilies());
const otlp = new OpenTelemetrySink(
  aConfigStore({
    openTelemetry: { endpoint: `${host}/api/public/otel`, headers: null, serviceName: 'llm-gateway' },
  }),
  new UpstreamClient(true),
  otlpDeliveries,
);
await measure({
  ...{ name: 'OTLP, each trace delivered', barUs: null, count: TRACES, sink: otlp },
  settled: () => until(() => (otlpDeliveries.all[0]?.queue.size ?? 0) === 0),
});
sandbox.kill();
process.exit(0);
