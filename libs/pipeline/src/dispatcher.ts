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
import { AttemptScope, UpstreamClient } from '@app/upstream';
import { type CallRecord } from './call-record.js';
import { type Answer, type Wire } from './wire.js';

const MAX_ATTEMPTS = 3;

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
  async send(plan: readonly Deployment[], record: CallRecord, wire: Wire): Promise<Answer> {
    let last: GatewayError | null = null;
    for (const deployment of plan.slice(0, MAX_ATTEMPTS)) {
      const startedAtMs = performance.now();
      try {
        const answer = await this.#attempt(deployment, record, wire);
        record.attempted(deployment, startedAtMs, null);
        this.routing.reportSuccess(deployment);
        return answer;
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        record.attempted(deployment, startedAtMs, error);
        if (!(error instanceof UpstreamError)) throw error;
        this.routing.reportFailure(deployment, error);
        if (!error.retryable || wire.isSpent || record.call.signal.aborted) throw error;
        last = error;
      }
    }
    throw last ?? new UnavailableError('No deployment is available for this model.');
  }

  async #attempt(deployment: Deployment, record: CallRecord, wire: Wire): Promise<Answer> {
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
      const request = wire.request(call, deployment);
      const reply = await this.upstream.post(deployment, { path: call.upstreamPath, ...request, scope });
      const answer = await wire.open(reply, { record, deployment, scope });
      streaming = answer.kind === 'stream';
      return answer;
    } finally {
      if (!streaming) scope.close();
    }
  }
}

/** A whole answer comes at once, at the end: only a stream has a first byte worth waiting for. */
const firstAnswerMs = ({ stream }: Call, { firstByteMs, totalMs }: Timeouts): number =>
  stream ? firstByteMs : totalMs;
