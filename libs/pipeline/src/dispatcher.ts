import { Injectable } from '@nestjs/common';
import {
  type Call,
  type Deployment,
  GatewayError,
  type Timeouts,
  UnavailableError,
  UpstreamError,
} from '@app/call';
import { RoutingService } from '@app/routing';
import {
  AttemptScope,
  type JsonAnswer,
  readAnswer,
  SseSplicer,
  SseStream,
  UpstreamClient,
  type UpstreamReply,
} from '@app/upstream';
import { type CallRecord } from './call-record.js';
import { upstreamBody } from './upstream-body.js';

const MAX_ATTEMPTS = 3;

/** An upstream's answer, judged good: a whole JSON body, or a stream that has begun. */
export type Answer =
  | { readonly kind: 'json'; readonly reply: UpstreamReply; readonly json: JsonAnswer }
  | {
      readonly kind: 'stream';
      readonly reply: UpstreamReply;
      readonly stream: SseStream;
      readonly scope: AttemptScope;
    };

/** Tries the planned deployments in order until one answers. */
@Injectable()
export class Dispatcher {
  constructor(
    private readonly upstream: UpstreamClient,
    private readonly routing: RoutingService,
  ) {}

  /**
   * @throws UpstreamError of the last attempt; ClientClosedRequestError when the client left meanwhile
   */
  async send(plan: readonly Deployment[], record: CallRecord): Promise<Answer> {
    let last: GatewayError | null = null;
    for (const deployment of plan.slice(0, MAX_ATTEMPTS)) {
      const startedAtMs = performance.now();
      try {
        const answer = await this.#attempt(deployment, record);
        record.attempted(deployment, startedAtMs, null);
        this.routing.reportSuccess(deployment);
        return answer;
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        record.attempted(deployment, startedAtMs, error);
        if (!(error instanceof UpstreamError)) throw error;
        this.routing.reportFailure(deployment, error);
        if (!error.retryable || record.call.signal.aborted) throw error;
        last = error;
      }
    }
    throw last ?? new UnavailableError('No deployment is available for this model.');
  }

  async #attempt(deployment: Deployment, record: CallRecord): Promise<Answer> {
    const { call } = record;
    const { timeouts } = deployment;
    const scope = new AttemptScope(call.signal, call.timeoutMs ?? timeouts.totalMs);
    scope.stage(
      call.timeoutMs ?? firstAnswerMs(call, timeouts),
      'The upstream did not answer in time.',
      true,
    );
    let streaming = false;
    try {
      const reply = await this.upstream.post(deployment, {
        path: call.upstreamPath,
        body: upstreamBody(call, deployment),
        contentType: 'application/json',
        accept: call.stream ? 'text/event-stream, application/json' : 'application/json',
        scope,
      });
      if (!call.stream) {
        scope.stage(timeouts.idleMs, 'The upstream stopped in the middle of its answer.', true);
        return { kind: 'json', reply, json: await readAnswer(reply, call.model, record.meter) };
      }
      const stream = new SseStream(reply, splicerFor(call, record), record.meter, {
        scope,
        idleMs: timeouts.idleMs,
      });
      await stream.opened();
      streaming = true;
      return { kind: 'stream', reply, stream, scope };
    } finally {
      if (!streaming) scope.close();
    }
  }
}

/** A whole answer comes at once, at the end: only a stream has a first byte worth waiting for. */
const firstAnswerMs = ({ stream }: Call, { firstByteMs, totalMs }: Timeouts): number =>
  stream ? firstByteMs : totalMs;

function splicerFor(call: Call, record: CallRecord): SseSplicer {
  return new SseSplicer(
    {
      model: call.model,
      wantsUsage: call.wantsUsage,
      fallbackId: `chatcmpl-${call.id}`,
      object: call.type === 'atext_completion' ? 'text_completion' : 'chat.completion.chunk',
    },
    record.meter,
  );
}
