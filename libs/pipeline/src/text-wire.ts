import { type Call } from '@app/call';
import { readAnswer, SseSplicer, SseStream } from '@app/upstream';
import { type CallRecord } from './call-record.js';
import { upstreamBody } from './upstream-body.js';
import { type Wire } from './wire.js';

const EVENT_STREAM = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
} as const;

/** JSON in; JSON or server-sent events out. */
export const TEXT_WIRE: Wire = {
  isSpent: false,
  earlyHeaders: EVENT_STREAM,
  request: (call, deployment) => ({
    body: upstreamBody(call, deployment),
    contentType: 'application/json',
    accept: call.stream ? 'text/event-stream, application/json' : 'application/json',
  }),
  async open(reply, { record, deployment, scope }) {
    const { call, meter } = record;
    const { idleMs } = deployment.timeouts;
    if (!call.stream) {
      scope.stage(idleMs, 'The upstream stopped in the middle of its answer.', true);
      const body = await readAnswer(
        reply,
        record.fallbacks > 0 ? deployment.upstreamModel : call.model,
        meter,
      );
      return { kind: 'whole', reply, body, contentType: 'application/json' };
    }
    const stream = new SseStream(reply, splicerFor(call, record), meter, { scope, idleMs });
    await stream.opened();
    return { kind: 'stream', reply, stream, headers: EVENT_STREAM, scope };
  },
};

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
