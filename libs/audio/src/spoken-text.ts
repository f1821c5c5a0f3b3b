import { type ServerResponse } from 'node:http';
import { spanIdOf, traceIdOf, UpstreamError } from '@app/call';
import { type AnswerStream, type Attempted } from '@app/pipeline';
import { ByteStream, type UpstreamClient, type UpstreamReply } from '@app/upstream';
import { audioTypeOf } from './audio-type.js';
import { type AudioJoin } from './joins/audio-join.js';
import { type SpeechMeter } from './speech-meter.js';
import { formatOf, speechRequest } from './speech-request.js';
import { type SpeechText } from './speech-text.js';

/** Asks the deployment of an attempt to speak a text. @throws UpstreamError */
export function askToSpeak(
  upstream: UpstreamClient,
  attempted: Attempted,
  text: string,
): Promise<UpstreamReply> {
  const { record, deployment, scope } = attempted;
  const { call } = record;
  const isTraced = call.traceHints?.['traceparent'] !== undefined;
  scope.stage(deployment.timeouts.firstByteMs, 'The upstream did not answer in time.', false);
  return upstream.post(deployment, {
    path: call.upstreamPath,
    ...speechRequest(call, deployment, text),
    scope,
    ...(isTraced ? { traceparent: `00-${traceIdOf(call)}-${spanIdOf(call)}-01` } : {}),
  });
}

export interface Speaking {
  readonly upstream: UpstreamClient;
  readonly attempted: Attempted;
  readonly contentType: string;
  readonly text: SpeechText;
  readonly meter: SpeechMeter;
  /** Null for a text of one part, whose bytes stay as they are. */
  readonly join: AudioJoin | null;
}

/** A text that is spoken part by part, one after the other: while the first plays, the next is made. */
export class SpokenText implements AnswerStream {
  #part: ByteStream;

  /** @param reply with the first part, `first` of the text */
  constructor(
    reply: UpstreamReply,
    first: string,
    private readonly speaking: Speaking,
  ) {
    this.#part = this.#streamOf(reply, first);
  }

  /** Resolves with the first byte of the first part. @throws UpstreamError */
  opened(): Promise<void> {
    return this.#part.opened();
  }

  async relayTo(client: ServerResponse): Promise<void> {
    await this.#part.relayTo(client);
    while (!this.speaking.text.isDone) {
      this.#part = await this.#nextPart();
      await this.#part.relayTo(client);
    }
  }

  finish(): void {
    this.#part.finish();
  }

  async #nextPart(): Promise<ByteStream> {
    const { upstream, attempted, contentType, text } = this.speaking;
    const part = text.next();
    const reply = await askToSpeak(upstream, attempted, part);
    const format = formatOf(attempted.record.call, attempted.deployment);
    if (audioTypeOf(reply.headers['content-type'], format) !== contentType) {
      const error = new UpstreamError(
        502,
        'The upstream changed the kind of its audio between two parts.',
        false,
      );
      reply.body.abort(error);
      throw error;
    }
    return this.#streamOf(reply, part);
  }

  #streamOf(reply: UpstreamReply, part: string): ByteStream {
    const { attempted, text, meter, join } = this.speaking;
    const isLast = text.isDone;
    meter.speaks(part);
    const filter = {
      push: (chunk: Buffer) => meter.passed(join ? join.push(chunk) : [chunk]),
      end: () => meter.passed(join ? join.endPart(isLast) : []),
    };
    const { scope, deployment } = attempted;
    return new ByteStream(reply, filter, { scope, idleMs: deployment.timeouts.idleMs });
  }
}
