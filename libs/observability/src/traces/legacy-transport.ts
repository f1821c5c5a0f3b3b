import { setImmediate as settled } from 'node:timers/promises';
import { Langfuse } from 'langfuse';
import { isJsonObject, type JsonValue, type Outcome } from '@app/call';
import { type Destination, postDocument, type UpstreamClient } from '@app/upstream';
import { type SendResult, type TraceTransport } from './delivery.js';
import { usageDetails } from './langfuse-spans.js';
import { sendFailure } from './send-failure.js';
import { spanIds } from './span-nodes.js';
import { type TraceDescription } from './trace-description.js';

const TIMEOUT_MS = 5_000;
const INGESTION = '/api/public/ingestion';
/** Never reached: we say when it sends. */
const NEVER = 100_000;

interface LegacyTrace {
  readonly outcome: Outcome;
  readonly description: TraceDescription;
}

export interface LegacyOptions {
  readonly upstream: UpstreamClient;
  readonly destination: Destination;
  readonly publicKey: string;
  readonly baseUrl: string;
  readonly environment: string | null;
  readonly describe: (outcome: Outcome) => TraceDescription;
}

/**
 * Langfuse's own client for servers that know only its first protocol. It writes the events; they leave through the
 * gateway's one way out, one request at a time, and we judge the answer: the client itself retries without bound
 * and speaks to the console.
 */
class EventWriter extends Langfuse {
  result: SendResult = { kind: 'taken', refused: 0 };

  constructor(private readonly options: LegacyOptions) {
    super({
      publicKey: options.publicKey,
      // The credential stands in the destination's headers, where nothing prints it.
      secretKey: 'unused',
      baseUrl: options.baseUrl,
      flushAt: NEVER,
      flushInterval: 0,
      fetchRetryCount: 0,
      ...(options.environment !== null && { environment: options.environment }),
    });
  }

  override async fetch(url: string, options: { body?: string | Buffer }): Promise<Answered> {
    const { upstream, destination } = this.options;
    if (!url.endsWith(INGESTION)) return answered({ errors: [] }, 200);
    try {
      const answer = await postDocument(upstream, destination, {
        path: INGESTION,
        body: Buffer.from(options.body ?? ''),
        contentType: 'application/json',
        timeoutMs: TIMEOUT_MS,
      });
      this.result = { kind: 'taken', refused: refusedTraces(String(options.body), answer.toString()) };
    } catch (error) {
      this.result = sendFailure(error);
    }
    return answered({ successes: [], errors: [] }, 207);
  }
}

type Answered = Awaited<ReturnType<Langfuse['fetch']>>;

const answered = (body: JsonValue, status: 200 | 207): Answered => ({
  status,
  text: () => Promise.resolve(JSON.stringify(body)),
  json: () => Promise.resolve(body),
  arrayBuffer: () => Promise.resolve(new ArrayBuffer(0)),
});

/** Traces in the first protocol: events that are merged by id, each judged by itself. */
export class LegacyTransport implements TraceTransport<LegacyTrace> {
  readonly #writer: EventWriter;

  constructor(private readonly options: LegacyOptions) {
    this.#writer = new EventWriter(options);
  }

  prepare(outcome: Outcome): LegacyTrace {
    return { outcome, description: this.options.describe(outcome) };
  }

  async send(batch: readonly LegacyTrace[]): Promise<SendResult> {
    const isLater = ({ description }: LegacyTrace): boolean => description.updates !== null;
    for (const trace of batch) if (!isLater(trace)) write(this.#writer, trace);
    // The client queues small events before large ones: what changes a trace is written once its beginning is queued.
    await settled();
    for (const trace of batch) if (isLater(trace)) write(this.#writer, trace);
    this.#writer.result = { kind: 'later', afterMs: null, cause: 'nothing was sent' };
    await this.#writer.flushAsync();
    return this.#writer.result;
  }
}

function write(writer: Langfuse, { outcome, description: trace }: LegacyTrace): void {
  const { call } = outcome;
  const ids = spanIds(call);
  const traceId = trace.traceId ?? call.callId;
  writer.trace({ id: traceId, ...traceBody(trace) });
  trace.attempts.forEach((attempt, at) => {
    writer.span({
      ...{ id: ids.nth(at + 2), traceId, name: attempt.name, metadata: attempt.metadata },
      ...{ startTime: new Date(attempt.startMs), endTime: new Date(attempt.endMs) },
      ...{ level: 'ERROR', statusMessage: attempt.error },
    });
  });
  writer.generation({ traceId, ...generationBody(outcome, trace) });
}

function traceBody(trace: TraceDescription): object {
  const all: Record<string, unknown> = {
    ...{ name: trace.name, input: trace.input, output: trace.output, metadata: trace.metadata },
    ...{ userId: trace.userId, sessionId: trace.sessionId, version: trace.version, release: trace.release },
    ...{ tags: [...trace.tags], public: trace.isPublic, timestamp: new Date(trace.startMs) },
  };
  const { updates } = trace;
  const kept = Object.entries(all).filter(
    ([name, value]) =>
      value !== null && (updates === null || updates.has(name) || updates.has(`trace_${name}`)),
  );
  return Object.fromEntries(kept);
}

function generationBody(outcome: Outcome, trace: TraceDescription): object {
  const { generation, error, input, output } = trace;
  const { usage, prompt, version } = generation;
  return {
    id: generation.id ?? generationId(outcome, generation.startMs),
    ...{ name: generation.name, model: generation.model, input, output, metadata: generation.metadata },
    ...(generation.parentId !== null && { parentObservationId: generation.parentId }),
    ...{ startTime: new Date(generation.startMs), endTime: new Date(trace.endMs) },
    ...(generation.firstTokenMs !== null && { completionStartTime: new Date(generation.firstTokenMs) }),
    modelParameters: generation.parameters,
    ...(error === null
      ? {
          usage: {
            promptTokens: usage.input + usage.cached,
            completionTokens: usage.output,
            totalTokens: usage.total,
          },
          usageDetails: usageDetails(usage),
          costDetails: { total: generation.costUsd },
          level: 'DEFAULT',
        }
      : { level: 'ERROR', statusMessage: error }),
    ...(version !== null && { version }),
    ...(prompt && { promptName: prompt.name, promptVersion: prompt.version }),
  };
}

/** `time-HH-MM-SS-ffffff_<response id>`, by which scripts find a generation. */
function generationId({ responseId, call }: Outcome, startMs: number): string {
  const [time, fraction = '000'] = new Date(startMs).toISOString().slice(11, 23).split('.');
  return `time-${(time ?? '').replaceAll(':', '-')}-${fraction}000_${responseId ?? call.id}`;
}

/** How many traces had an event refused. */
function refusedTraces(sent: string, answer: string): number {
  const errors = listIn(answer, 'errors');
  if (errors.length === 0) return 0;
  const refused = new Set(errors.map((error) => idOf(error)));
  const traces = new Set<JsonValue>();
  for (const event of listIn(sent, 'batch')) {
    if (!isJsonObject(event) || !refused.has(idOf(event)) || !isJsonObject(event['body'])) continue;
    traces.add(event['body']['traceId'] ?? event['body']['id'] ?? null);
  }
  return traces.size;
}

const idOf = (value: JsonValue): JsonValue => (isJsonObject(value) ? (value['id'] ?? null) : null);

function listIn(text: string, name: string): readonly JsonValue[] {
  try {
    const parsed = JSON.parse(text) as JsonValue;
    const list = isJsonObject(parsed) ? parsed[name] : null;
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}
