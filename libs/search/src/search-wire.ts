import { type Call, isJsonObject } from '@app/call';
import { type Answer, type AnswerStream, type Attempted, TEXT_WIRE, type Wire } from '@app/pipeline';
import { readAnswer, SseSplicer, SseStream, type UpstreamReply } from '@app/upstream';
import { type ServerResponse } from 'node:http';
import { type ModelTurn } from './model-turn.js';

const EVENT_STREAM = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
} as const;

/** As plain text, but each turn of the model decides whether its answer is the client's. */
export class SearchWire implements Wire {
  readonly isSpent = false;

  constructor(private readonly turn: ModelTurn) {}

  request(...parts: Parameters<Wire['request']>): ReturnType<Wire['request']> {
    return TEXT_WIRE.request(...parts);
  }

  open(reply: UpstreamReply, attempted: Attempted): Promise<Answer> {
    return attempted.record.call.stream ? this.#stream(reply, attempted) : this.#whole(reply, attempted);
  }

  async #whole(reply: UpstreamReply, { record, deployment, scope }: Attempted): Promise<Answer> {
    const { call, meter } = record;
    scope.stage(deployment.timeouts.idleMs, 'The upstream stopped in the middle of its answer.', true);
    const body = await readAnswer(reply, call.model, meter);
    const answer = JSON.parse(Buffer.concat(body.pieces).toString()) as unknown;
    const shown = isJsonObject(answer) ? this.turn.whole(answer) : null;
    if (shown === null) return { kind: 'kept' };
    const contentType = 'application/json';
    if (shown === answer) return { kind: 'whole', reply, body, contentType };
    const bytes = Buffer.from(JSON.stringify(shown));
    return { kind: 'whole', reply, body: { pieces: [bytes], length: bytes.length }, contentType };
  }

  async #stream(reply: UpstreamReply, { record, deployment, scope }: Attempted): Promise<Answer> {
    const { meter } = record;
    const splicer = new SseSplicer(
      { ...identityOf(record.call), rewrite: (chunk) => this.turn.chunk(chunk) },
      meter,
    );
    const stream = new SseStream(reply, splicer, meter, { scope, idleMs: deployment.timeouts.idleMs });
    await stream.opened();
    return { kind: 'stream', reply, stream: new TurnStream(stream, this.turn), headers: EVENT_STREAM, scope };
  }
}

function identityOf(call: Call): ConstructorParameters<typeof SseSplicer>[0] {
  return {
    model: call.model,
    wantsUsage: call.wantsUsage,
    fallbackId: `chatcmpl-${call.id}`,
    object: 'chat.completion.chunk',
  };
}

/** A turn that asks for searches leaves the client's stream open. */
class TurnStream implements AnswerStream {
  constructor(
    private readonly stream: SseStream,
    private readonly turn: ModelTurn,
  ) {}

  relayTo(client: ServerResponse): Promise<void> {
    return this.stream.relayTo(client);
  }

  finish(): void {
    if (this.turn.searches.length === 0) this.stream.finish();
  }
}
