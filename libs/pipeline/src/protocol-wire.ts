import {
  type AnswerProtocol,
  EventSplicer,
  readAnswer,
  SseStream,
  type UpstreamRequest,
} from '@app/upstream';
import { type EventAnswerReader, readStream, shownTo } from './answer-reader.js';
import { EVENT_STREAM } from './text-wire.js';
import { upstreamBody } from './upstream-body.js';
import { type Wire } from './wire.js';

/** What a door adds to the request of a call. */
export type WireExtras = Pick<UpstreamRequest, 'headers' | 'isBesideVersion'>;

/**
 * The wire of a protocol that its upstream speaks too: JSON in; JSON or named events out, as they come.
 * @param extras of the request
 * @param reader sees each answer; without one every answer is the client's as it is
 */
export function protocolWire(
  protocol: AnswerProtocol,
  extras: WireExtras = {},
  reader: EventAnswerReader | null = null,
): Wire {
  return {
    isSpent: false,
    earlyHeaders: EVENT_STREAM,
    // What a reader sees has to come from the model.
    ...(reader ? {} : { variant: JSON.stringify(extras) }),
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
        return shownTo({ kind: 'whole', reply, body, contentType: 'application/json' }, reader);
      }
      const splicer = new EventSplicer(protocol, { model: call.model, reader }, meter);
      const events = new SseStream(reply, splicer, meter, { scope, idleMs });
      await events.opened();
      return { kind: 'stream', reply, stream: readStream(events, reader), headers: EVENT_STREAM, scope };
    },
  };
}
