import { BadRequestError, type Call, type Deployment, type JsonObject } from '@app/call';
import {
  chatToMessages,
  MessagesSplicer,
  readAnswer,
  SseSplicer,
  SseStream,
  TRANSLATED_CHAT,
} from '@app/upstream';
import { type AnswerReader, readStream, shownTo } from './answer-reader.js';
import { type CallRecord } from './call-record.js';
import { upstreamBody } from './upstream-body.js';
import { type Answer, type Attempted, type Wire } from './wire.js';

/** Headers of a stream of events. */
export const EVENT_STREAM = [
  ...['content-type', 'text/event-stream; charset=utf-8'],
  ...['cache-control', 'no-cache'],
  ...['x-accel-buffering', 'no'],
] as const;

/**
 * JSON in; JSON or server-sent events out.
 * @param reader sees each answer; without one every answer is the client's as it is
 */
export function textWire(reader: AnswerReader | null = null): Wire {
  return {
    isSpent: false,
    earlyHeaders: EVENT_STREAM,
    // What a reader sees has to come from the model.
    ...(reader ? {} : { variant: '' }),
    request: (call, deployment) => ({
      ...(deployment.protocol === 'anthropic'
        ? translatedRequest(call, deployment)
        : { body: upstreamBody(call, deployment) }),
      contentType: 'application/json',
      accept: call.stream ? 'text/event-stream, application/json' : 'application/json',
    }),
    async open(reply, attempted) {
      const { record, deployment, scope } = attempted;
      if (!record.call.stream) return wholeAnswer(reply, attempted, reader);
      const options = { scope, idleMs: deployment.timeouts.idleMs };
      const chat = splicerFor(record, reader);
      const splicer = deployment.protocol === 'anthropic' ? new MessagesSplicer(chat, record.meter) : chat;
      const events = new SseStream(reply, splicer, record.meter, options);
      await events.opened();
      return { kind: 'stream', reply, stream: readStream(events, reader), headers: EVENT_STREAM, scope };
    },
  };
}

export const TEXT_WIRE = textWire();

async function wholeAnswer(
  reply: Parameters<Wire['open']>[0],
  { record, deployment, scope }: Attempted,
  reader: AnswerReader | null,
): Promise<Answer> {
  scope.stage(deployment.timeouts.idleMs, 'The upstream stopped in the middle of its answer.', true);
  const model = record.fallbacks > 0 ? deployment.upstreamModel : record.call.model;
  const protocol = deployment.protocol === 'anthropic' ? TRANSLATED_CHAT : undefined;
  const body = await readAnswer(reply, model, record.meter, protocol);
  const whole = { kind: 'whole', reply, body, contentType: 'application/json' } as const;
  return shownTo(whole, reader);
}

/** The one protocol that is translated, and only chat is. */
function translatedRequest(call: Call, deployment: Deployment): { path: string; body: Buffer[] } {
  if (call.type !== 'acompletion') {
    throw new BadRequestError(`The provider ${deployment.provider} has no ${call.upstreamPath}.`, 'model');
  }
  const request = chatToMessages(call.body.object, deployment);
  return { path: '/messages', body: [Buffer.from(JSON.stringify(request))] };
}

function splicerFor({ call, meter }: CallRecord, reader: AnswerReader | null): SseSplicer {
  return new SseSplicer({ ...identityOf(call), ...rewriteWith(reader) }, meter);
}

const identityOf = (call: Call) => ({
  model: call.model,
  wantsUsage: call.wantsUsage,
  fallbackId: `chatcmpl-${call.id}`,
  object: call.type === 'atext_completion' ? 'text_completion' : 'chat.completion.chunk',
});

const rewriteWith = (reader: AnswerReader | null) =>
  reader ? { rewrite: (chunk: JsonObject) => reader.chunk(chunk) } : {};
