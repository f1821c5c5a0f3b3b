import { Inject, Injectable } from '@nestjs/common';
import { type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { type Call, type Deployment, OUTCOME_SINKS, type OutcomeSink } from '@app/call';
import { type AnswerPlace, type KeptAnswer } from '@app/cache';
import { LimitsService, type ModelClaim, type Permit } from '@app/limits';
import { type CallPlan, RoutingService } from '@app/routing';
import { boundOf, Ledger, SpendTotals } from '@app/spend';
import { type AnswerClient } from '@app/upstream';
import { AnswerCopy } from './answer-copy.js';
import { answerHeaders } from './answer-headers.js';
import { beginStream } from './begin-stream.js';
import { CallRecord } from './call-record.js';
import { Dispatcher } from './dispatcher.js';
import { setHeaders, without } from './head-list.js';
import { keepAlive } from './keep-alive.js';
import { KeptAnswers } from './kept-answers.js';
import { TEXT_WIRE } from './text-wire.js';
import { type Answer, type Wire } from './wire.js';

const PROGRESS_MS = 2_000;
const ONE_PIECE_BYTES = 64 * 1024;

interface ClientSide {
  readonly client: ServerResponse;
  readonly wire: Wire;
}

type Admit = (boundPicoUsd: bigint, plan: readonly Deployment[], model: ModelClaim) => Promise<void>;

/** A call that no deployment of ours answers. */
interface BookedCall {
  /** The most that it can cost. */
  readonly boundPicoUsd?: bigint;
  /** What it is about, for limits of single models; the model of the call unless told. */
  readonly models?: readonly string[];
}

/** The life of a call, from its admission to its last byte. */
@Injectable()
export class PipelineService {
  @Inject(OUTCOME_SINKS)
  private readonly sinks: readonly OutcomeSink[] = [];

  @Inject(KeptAnswers)
  private readonly kept!: KeptAnswers;

  @Inject(SpendTotals)
  private readonly totals!: SpendTotals;

  constructor(
    private readonly routing: RoutingService,
    private readonly limits: LimitsService,
    private readonly ledger: Ledger,
    private readonly dispatcher: Dispatcher,
  ) {}

  /**
   * Plans, admits, books, sends and answers one call. Whatever happens, it ends exactly once: in the ledger
   * before the client sees its last byte, then with the limits and the sinks.
   * @param wire how it speaks with the upstream; JSON and events unless told
   * @throws GatewayError, already booked; the app's filter turns it into the reply
   */
  async run(call: Call, client: ServerResponse, wire: Wire = TEXT_WIRE): Promise<void> {
    await this.#bracket(call, client, async (record, admit) => {
      const plan = this.routing.plan(call);
      record.planned(this.routing.noteOf(plan, call));
      const { names, group } = plan.route;
      await admit(boundOf(call, plan), plan, { names, bound: () => boundOf(call, group.deployments) });
      const place = this.kept.placeOf(call, plan, wire);
      if (place) return this.#reuse(place, plan, record, { client, wire });
      const answer = await this.#send(plan, record, { client, wire });
      await this.#relay(answer, record, client);
    });
  }

  /** From where answers are kept; else from the upstream, and then into it. */
  async #reuse(place: AnswerPlace, plan: CallPlan, record: CallRecord, side: ClientSide): Promise<void> {
    try {
      const kept = await this.#accompanied(record, side, () => this.kept.find(place, plan, record));
      if (kept) {
        await this.#replay(kept, record, side);
        return;
      }
      const answer = await this.#send(plan, record, side);
      const copy = new AnswerCopy(side.client, place.maxBytes, () => place.end(true));
      await this.#relay(answer, record, copy);
      this.kept.keep(place, copy, { answer, record });
    } finally {
      place.end(record.call.signal.aborted);
    }
  }

  async #replay(kept: KeptAnswer, record: CallRecord, { client, wire }: ClientSide): Promise<void> {
    const early = record.call.stream ? without(wire.earlyHeaders ?? [], 'content-type') : [];
    const head = [...this.#headers(record, {}), ...early, 'content-type', kept.contentType];
    await this.ledger.close(record.close());
    if (!client.headersSent) client.writeHead(200, head);
    client.end(kept.body);
  }

  /** A streamed answer that is long in coming keeps its client company. */
  async #accompanied<T>(
    record: CallRecord,
    { client, wire }: ClientSide,
    work: () => Promise<T>,
  ): Promise<T> {
    const { earlyHeaders } = wire;
    if (!record.call.stream || !earlyHeaders) return work();
    const stop = keepAlive(client, () => [...this.#headers(record, {}), ...earlyHeaders]);
    return work().finally(stop);
  }

  #send(plan: CallPlan, record: CallRecord, side: ClientSide): Promise<Answer> {
    return this.#accompanied(record, side, () => this.dispatcher.send(plan, record, side.wire));
  }

  /**
   * The same bracket around work that no deployment does: admitted, booked and told to the sinks.
   * Resolves once the call is on the books.
   */
  book<T>(
    call: Call,
    client: ServerResponse,
    work: (record: CallRecord) => Promise<T>,
    { boundPicoUsd = 0n, models = [call.model] }: BookedCall = {},
  ): Promise<T> {
    return this.#bracket(call, client, async (record, admit) => {
      record.bindsAs(models);
      await admit(boundPicoUsd, [], { names: models, bound: () => boundPicoUsd });
      return work(record);
    });
  }

  async #bracket<T>(
    call: Call,
    client: ServerResponse,
    work: (record: CallRecord, admit: Admit) => Promise<T>,
  ): Promise<T> {
    const record = new CallRecord(call, this.#isAnswerWanted(call));
    let permit: Permit | null = null;
    try {
      return await work(record, async (bound, plan, model) => {
        permit = await this.limits.admit(call, bound, record, model);
        this.ledger.open(call, bound, plan);
      });
    } catch (error) {
      record.failed(error);
      if (!client.headersSent) setHeaders(client, this.#headers(record, {}));
      throw error;
    } finally {
      const outcome = record.close();
      try {
        await this.ledger.close(outcome);
      } finally {
        (permit as Permit | null)?.settle(outcome);
        for (const held of record.permits) held.settle(outcome);
        for (const sink of this.sinks) sink.accept(outcome);
      }
    }
  }

  #isAnswerWanted(call: Call): boolean {
    return this.sinks.some((sink) => sink.wantsAnswer?.(call) === true);
  }

  #headers(record: CallRecord, upstream: IncomingHttpHeaders): string[] {
    const { kind, keyHash } = record.call.caller;
    return answerHeaders(record, upstream, kind === 'key' ? this.totals.peek(`key:${keyHash}`) : null);
  }

  #relay(answer: Answer, record: CallRecord, client: ServerResponse | AnswerCopy): Promise<void> {
    if (answer.kind === 'whole') return this.#sendWhole(answer, record, client);
    if (answer.kind === 'stream') return this.#sendStream(answer, record, client);
    return Promise.resolve();
  }

  async #sendWhole(
    { reply, body, contentType }: Extract<Answer, { kind: 'whole' }>,
    record: CallRecord,
    client: ServerResponse | AnswerCopy,
  ): Promise<void> {
    const head = this.#headers(record, reply.headers);
    head.push('content-type', contentType, 'content-length', String(body.length));
    await this.ledger.close(record.close());
    client.writeHead(reply.status, head);
    sendPieces(client, body.pieces);
  }

  async #sendStream(
    answer: Extract<Answer, { kind: 'stream' }>,
    record: CallRecord,
    client: ServerResponse | AnswerCopy,
  ): Promise<void> {
    const progress = setInterval(
      () => this.ledger.progress(record.call, record.meter.seenTokens),
      PROGRESS_MS,
    );
    try {
      if (!client.headersSent) this.#begin(answer, record, client);
      await answer.stream.relayTo(client);
      await this.ledger.close(record.close());
      answer.stream.finish();
    } finally {
      clearInterval(progress);
      answer.scope.close();
    }
  }

  /** The head of a stream. A method of its own: what it is made of must not be kept for as long as the stream lasts. */
  #begin(
    { reply, headers }: Extract<Answer, { kind: 'stream' }>,
    record: CallRecord,
    client: ServerResponse | AnswerCopy,
  ): void {
    const head = this.#headers(record, reply.headers);
    head.push(...headers);
    beginStream(client instanceof AnswerCopy ? client.client : client, reply.status, head);
  }
}

/** Small answers leave in one piece; large ones are not copied. */
function sendPieces(client: AnswerClient, pieces: readonly Buffer[]): void {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (length <= ONE_PIECE_BYTES) {
    client.end(Buffer.concat(pieces, length));
    return;
  }
  for (const piece of pieces) client.write(piece);
  client.end();
}
