import { type Call, type Deployment, UpstreamError } from '@app/call';
import { type Answer, type Attempted, type Wire } from '@app/pipeline';
import { errorFromText, readWhole, type UpstreamClient, type UpstreamReply } from '@app/upstream';
import { audioTypeOf } from './audio-type.js';
import { joinFor } from './joins/join-for.js';
import { SpeechMeter } from './speech-meter.js';
import { formatOf, speechRequest } from './speech-request.js';
import { SpeechText, speechTextOf } from './speech-text.js';
import { askToSpeak, SpokenText } from './spoken-text.js';

const MAX_FAILURE_BYTES = 64 * 1024;

/** JSON in, audio out as the backend makes it; long texts in parts, where their audio can be joined. */
export class SpeechWire implements Wire {
  readonly isSpent = false;

  constructor(private readonly upstream: UpstreamClient) {}

  request(call: Call, deployment: Deployment): ReturnType<Wire['request']> {
    return speechRequest(call, deployment, speechTextOf(call, deployment).next());
  }

  async open(reply: UpstreamReply, attempted: Attempted): Promise<Answer> {
    const text = speechTextOf(attempted.record.call, attempted.deployment);
    const first = text.next();
    const contentType = await audioTypeIn(reply, attempted);
    const join = joinFor(contentType);
    if (text.isDone || join) return this.#speak(reply, first, { attempted, contentType, text, join });
    // It answers in a format of its own, whose parts cannot be joined: then all at once.
    reply.body.abort(new Error('asked for the whole text instead'));
    const whole = new SpeechText(text.whole, null);
    const again = await askToSpeak(this.upstream, attempted, whole.next());
    const sameType = await audioTypeIn(again, attempted);
    return this.#speak(again, text.whole, { attempted, contentType: sameType, text: whole, join: null });
  }

  async #speak(
    reply: UpstreamReply,
    first: string,
    speaking: Omit<ConstructorParameters<typeof SpokenText>[2], 'upstream' | 'meter'>,
  ): Promise<Answer> {
    const { attempted, contentType, text } = speaking;
    const stream = new SpokenText(reply, first, {
      ...speaking,
      join: text.isDone ? null : speaking.join,
      upstream: this.upstream,
      meter: new SpeechMeter(attempted.record, contentType),
    });
    await stream.opened();
    const headers = ['content-type', contentType, 'cache-control', 'no-store', 'x-accel-buffering', 'no'];
    return { kind: 'stream', reply, stream, headers, scope: attempted.scope };
  }
}

/** @throws UpstreamError for a success that is no audio; what it says is the reason */
async function audioTypeIn(reply: UpstreamReply, { record, deployment }: Attempted): Promise<string> {
  const declared = reply.headers['content-type'];
  const contentType = audioTypeOf(declared, formatOf(record.call, deployment));
  if (contentType !== null) return contentType;
  const isJson = /^application\/(?:[\w.+-]+\+)?json\b/i.test(declared ?? '');
  const bytes = await readWhole(reply, MAX_FAILURE_BYTES);
  if (isJson) throw errorFromText(502, bytes.toString());
  throw new UpstreamError(502, 'The upstream answered with something that is no audio.', true);
}
