import { type Call, type Deployment, editBody, UpstreamError } from '@app/call';
import { type CallRecord, type Wire } from '@app/pipeline';
import { type ByteFilter, ByteStream, errorFromText, readWhole, type UpstreamReply } from '@app/upstream';
import { AudioTimer } from './audio-timer.js';
import { audioTypeOf } from './audio-type.js';

/** Backends have defaults of their own, WAV for instance; clients that name no format rely on one for all. */
const DEFAULT_FORMAT = 'mp3';
const MAX_FAILURE_BYTES = 64 * 1024;

/** JSON in, audio out as the backend makes it. */
export const SPEECH_WIRE: Wire = {
  isSpent: false,
  request: (call, deployment) => ({
    body: speechBody(call, deployment),
    contentType: 'application/json',
    accept: '*/*',
  }),
  async open(reply, { record, deployment, scope }) {
    const contentType = audioTypeOf(reply.headers['content-type'], formatOf(record.call, deployment));
    if (contentType === null) throw await failureOf(reply);
    const meter = new SpeechMeter(record, contentType);
    const stream = new ByteStream(reply, meter, { scope, idleMs: deployment.timeouts.idleMs });
    await stream.opened();
    const headers = { 'content-type': contentType, 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
    return { kind: 'stream', reply, stream, headers, scope };
  },
};

function speechBody(call: Call, deployment: Deployment): Buffer[] {
  const set: Record<string, string> = {
    model: JSON.stringify(deployment.upstreamModel),
    response_format: JSON.stringify(formatOf(call, deployment)),
  };
  for (const [name, value] of Object.entries(deployment.defaults)) {
    if (!(name in call.body.object) && !(name in set)) set[name] = JSON.stringify(value);
  }
  return editBody(call.body, { set, drop: call.ownFields });
}

function formatOf(call: Call, { defaults }: Deployment): string {
  const asked = call.body.object['response_format'] ?? defaults['response_format'];
  return typeof asked === 'string' && asked !== '' ? asked.toLowerCase() : DEFAULT_FORMAT;
}

/** Counts characters once, when the backend has begun to speak, and seconds as they pass. */
class SpeechMeter implements ByteFilter {
  readonly #timer: AudioTimer;
  readonly #characters: number;

  constructor(
    private readonly record: CallRecord,
    contentType: string,
  ) {
    this.#timer = new AudioTimer(contentType);
    const { input } = record.call.body.object;
    this.#characters = typeof input === 'string' ? Array.from(input).length : 0;
  }

  push(chunk: Buffer): readonly Buffer[] {
    this.#timer.push(chunk);
    const { seconds, isEstimated } = this.#timer.length();
    this.record.meter.counted({
      characters: this.#characters,
      audioSeconds: seconds,
      estimated: isEstimated,
    });
    return [chunk];
  }

  end(): readonly Buffer[] {
    return [];
  }
}

/** A success that is no audio is a failure; what it says is the reason. */
async function failureOf(reply: UpstreamReply): Promise<UpstreamError> {
  const isJson = /^application\/(?:[\w.+-]+\+)?json\b/i.test(reply.headers['content-type'] ?? '');
  const bytes = await readWhole(reply, MAX_FAILURE_BYTES);
  if (isJson) return errorFromText(502, bytes.toString());
  return new UpstreamError(502, 'The upstream answered with something that is no audio.', true);
}
