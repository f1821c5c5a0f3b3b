import { requestOf } from '../../../../bench/load/connection.ts';
import { aChat, until } from '../harness.ts';
import { rowsMissing } from './books.ts';
import { lagDuring, percentile, rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { StampedStreams } from './stamped-streams.ts';

interface Trial {
  readonly streams: number;
  readonly everyMs: number;
  readonly measureMs: number;
  readonly relayP99Ms: number;
  readonly loopP99Ms: number;
  readonly rssBytes: number;
  /** Share of the events that are due which have to arrive. */
  readonly delivered: number;
}

const MEGABYTE = 1_048_576;
/** More events than a stream can have in the time of the longest trial. */
const ANSWER_TOKENS = 100_000;

/** Streams that last longer than the trial: none breaks, and events arrive soon after the upstream wrote them. */
async function relay(field: Field, trial: Trial): Promise<Measured> {
  const { llamaSwap } = field.sandbox;
  const directP99Ms = await withoutGateway(field, trial);
  const gateway = await field.gateway({ env: { LITELLM_LOG: 'WARNING' } });
  const key = await gateway.key({ user_id: 'streams' });
  const body = { ...aChat(), stream: true };
  const target = { port: gateway.port, key, path: '/v1/chat/completions' };
  const streams = new StampedStreams(gateway.port, requestOf(target, body));
  // So that they do not tick together.
  await streams.start(trial.streams, Math.max(1_000, trial.streams * 2));
  await until(
    'all of them run',
    async () => (await llamaSwap.open()).inProgress >= trial.streams,
    60_000,
    100,
  ).catch(() => undefined);
  let seen: Awaited<ReturnType<StampedStreams['measure']>> = { lateMs: [], seconds: 0 };
  const lag = await lagDuring(gateway, async () => {
    seen = await streams.measure(trial.measureMs);
  });
  const { open, dropped, begun } = streams;
  const { rssBytes } = gateway.usage();
  streams.stop();
  await llamaSwap.settings({ stampEvents: false, decodeMsPerToken: 0, answerTokens: 24 });
  const missing = await rowsMissing((sql) => field.query(sql), begun, 60_000);
  const perSecond = seen.lateMs.length / seen.seconds;
  const due = (trial.streams * 1_000) / trial.everyMs;
  const relayP99Ms = percentile(seen.lateMs, 0.99);
  return {
    pass:
      dropped === 0 &&
      open === trial.streams &&
      relayP99Ms <= trial.relayP99Ms &&
      lag.p99Ms <= trial.loopP99Ms &&
      rssBytes <= trial.rssBytes &&
      perSecond >= due * trial.delivered &&
      missing === 0,
    measured: {
      streams: open,
      dropped,
      eventsPerSecond: Math.round(perSecond),
      due: Math.round(due),
      relayP50Ms: rounded(percentile(seen.lateMs, 0.5)),
      relayP99Ms: rounded(relayP99Ms),
      directP99Ms: rounded(directP99Ms),
      loopP99Ms: rounded(lag.p99Ms),
      rssMb: Math.round(rssBytes / MEGABYTE),
      missing,
    },
  };
}

const DIRECT_MS = 4_000;

/** How late events are without anybody in between: what machine and client make of it. */
async function withoutGateway({ sandbox: { llamaSwap } }: Field, trial: Trial): Promise<number> {
  await llamaSwap.settings({
    truth: 'counts',
    stampEvents: true,
    decodeMsPerToken: trial.everyMs,
    answerTokens: ANSWER_TOKENS,
  });
  const port = Number(new URL(llamaSwap.url).port);
  const body = { ...aChat(), model: 'qwen3-30b-a3b', stream: true };
  const streams = new StampedStreams(
    port,
    requestOf({ port, key: null, path: '/v1/chat/completions' }, body),
  );
  await streams.start(trial.streams, Math.max(1_000, trial.streams * 2));
  const { lateMs } = await streams.measure(DIRECT_MS);
  streams.stop();
  await until('they are gone', async () => (await llamaSwap.open()).inProgress === 0, 20_000, 50);
  return percentile(lateMs, 0.99);
}

/** The hard limit of descriptors of most machines; each stream takes two of the gateway's. */
const MOST_STREAMS = 9_000;

export const STREAM_ROWS: readonly Row[] = [
  {
    id: 'S2',
    promise: `${MOST_STREAMS} streams at once, one event a second each`,
    bar: '0 dropped, relay p99 ≤ 50 ms, RSS ≤ 700 MB, loop p99 ≤ 40 ms (1,000 streams in the short form)',
    run: (field) =>
      relay(field, {
        streams: field.long ? MOST_STREAMS : 1_000,
        everyMs: 1_000,
        measureMs: field.long ? 600_000 : 10_000,
        relayP99Ms: 50,
        loopP99Ms: 40,
        rssBytes: 700 * MEGABYTE,
        delivered: 0.95,
      }),
  },
  {
    id: 'S3',
    promise: '500 streams, 25 events a second each',
    bar: '≥ 12,000 events/s, relay p99 ≤ 10 ms (100 streams in the short form)',
    run: (field) =>
      relay(field, {
        streams: field.long ? 500 : 100,
        everyMs: 40,
        measureMs: field.long ? 60_000 : 10_000,
        relayP99Ms: 10,
        loopP99Ms: Number.POSITIVE_INFINITY,
        rssBytes: 700 * MEGABYTE,
        delivered: 0.96,
      }),
  },
];
