import { Injectable } from '@nestjs/common';
import { type Call, type Deployment, TEXT_CALLS } from '@app/call';
import { AnswerCache, type AnswerPlace, type KeptAnswer } from '@app/cache';
import { AttemptScope } from '@app/upstream';
import { valueIn } from './head-list.js';
import { type AnswerCopy } from './answer-copy.js';
import { type CallRecord } from './call-record.js';
import { type Answer, type Wire } from './wire.js';

/** What a call waits for an equal one where nothing else bounds it. */
const LONGEST_WAIT_MS = 6_000_000;
const OK = 200;

/** Finds answers that may be given again, and keeps new ones, where that is switched on. */
@Injectable()
export class KeptAnswers {
  constructor(private readonly cache: AnswerCache) {}

  /** Null, at once, for calls whose answers are not kept. @throws BadRequestError for controls that make no sense */
  placeOf(call: Call, plan: readonly Deployment[], { variant }: Wire): AnswerPlace | null {
    return this.cache.isOn && variant !== undefined ? this.cache.placeOf(call, plan, variant) : null;
  }

  /**
   * The answer, or null where this call has to ask for it.
   * @throws UpstreamError when the client's time is over, ClientClosedRequestError when it left while others were waited for
   */
  async find(
    place: AnswerPlace,
    plan: readonly Deployment[],
    record: CallRecord,
  ): Promise<KeptAnswer | null> {
    const { call } = record;
    const startedAtMs = performance.now();
    const scope = new AttemptScope(call.signal, call.timeoutMs ?? LONGEST_WAIT_MS);
    const patience = Promise.withResolvers<never>();
    patience.promise.catch(() => undefined);
    scope.onAbort(patience.reject);
    scope.stage(LONGEST_WAIT_MS, 'An equal call took too long.', true);
    try {
      const kept = await place.find(patience.promise);
      record.waited(performance.now() - startedAtMs);
      if (kept) record.reuses(place.key, kept, plan);
      else if (place.maxBytes > 0) record.keptUnder(place.key);
      return kept;
    } finally {
      scope.close();
    }
  }

  /** Takes an answer that is whole, good, and of the model that was asked for. */
  keep(
    place: AnswerPlace,
    copy: AnswerCopy,
    { answer, record }: { answer: Answer; record: CallRecord },
  ): void {
    const { call, deployment, fallbacks, meter } = record;
    const { body } = copy;
    if (answer.kind === 'kept' || answer.reply.status !== OK || !body || !deployment || fallbacks > 0) return;
    if (TEXT_CALLS.has(call.type) && meter.seenTokens === 0) return;
    const contentType =
      answer.kind === 'whole' ? answer.contentType : (valueIn(answer.headers, 'content-type') ?? '');
    const facts = { responseId: meter.responseId, usage: meter.usage(), deploymentId: deployment.id };
    place.keep({ body, contentType, facts });
  }
}
