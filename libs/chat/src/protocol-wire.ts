import { EVENT_STREAM, upstreamBody, type Wire } from '@app/pipeline';
import {
  type AnswerProtocol,
  EventSplicer,
  readAnswer,
  SseStream,
  type UpstreamRequest,
} from '@app/upstream';

/**
 * The wire of a protocol that its upstream speaks too: JSON in; JSON or named events out, as they come.
 * @param extras of the request
 */
export function protocolWire(
  protocol: AnswerProtocol,
  extras: Pick<UpstreamRequest, 'headers' | 'isBesideVersion'> = {},
): Wire {
  return {
    isSpent: false,
    earlyHeaders: EVENT_STREAM,
    variant: JSON.stringify(extras),
    request: (call, deployment) => ({
      ...extras,
      body: upstreamBody(call, deployment),
      contentType: 'application/json',
      accept: call.stream ? 'text/event-stream, application/json' : 'application/json',
    }),
    async open(reply, { record, deployment, scope }) {
      const { call, meter } = record;
      const { idleMs } = deployment.timeouts;
      if (!call.stream) {
        scope.stage(idleMs, 'The upstream stopped in the middle of its answer.', true);
        const model = record.fallbacks > 0 ? deployment.upstreamModel : call.model;
        const body = await readAnswer(reply, model, meter, protocol);
        return { kind: 'whole', reply, body, contentType: 'application/json' };
      }
      const splicer = new EventSplicer(protocol, call.model, meter);
      const stream = new SseStream(reply, splicer, meter, { scope, idleMs });
      await stream.opened();
      return { kind: 'stream', reply, stream, headers: EVENT_STREAM, scope };
    },
  };
}
