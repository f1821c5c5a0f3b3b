import { Injectable } from '@nestjs/common';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { GatewayError, type GatewayRequest, LiveCalls, UpstreamError } from '@app/call';
import { ConfigStore } from '@app/config';
import { type CallRecord, PipelineService } from '@app/pipeline';
import { errorFromText, mayReach, outboundAgents, withoutKeys } from '@app/upstream';
import { type Endpoint } from './endpoint.js';
import { answeredHeaders } from './forwarded-headers.js';
import { pacedBodyOf } from './paced-body.js';
import { PassthroughGate } from './passthrough-gate.js';
import { PassthroughProxy } from './passthrough.proxy.js';
import { type Peeked } from './peek-model.js';
import { relayAnswer } from './relay-answer.js';
import { untilClosed, type UpgradeRequest } from './web-socket.js';

const MAX_ERROR_BYTES = 64 * 1024;
/** So long a backend may take to say what its error is. */
const ERROR_BODY_MS = 3_000;
const NOT_MODIFIED = 304;

/** Takes requests straight to a backend: no model list, no retries, but the same keys, limits and books. */
@Injectable()
export class PassthroughService {
  readonly #proxy: PassthroughProxy;

  constructor(
    private readonly gate: PassthroughGate,
    private readonly pipeline: PipelineService,
    private readonly calls: LiveCalls,
    private readonly config: ConfigStore,
  ) {
    this.#proxy = new PassthroughProxy(outboundAgents(config.current.general.allowPrivateUpstreams));
  }

  /** @throws GatewayError */
  async serve(endpoint: Endpoint, req: GatewayRequest & UpgradeRequest, res: ServerResponse): Promise<void> {
    const signal = this.calls.follow(res);
    const { call, body, models } = await this.gate.admit(endpoint, req, signal);
    const answer = await this.pipeline.book(
      call,
      res,
      (record) => {
        const at = { req, res, body, record };
        return req.upgradeHead ? this.#connect(endpoint, at, req.upgradeHead) : this.#forward(endpoint, at);
      },
      { boundPicoUsd: endpoint.entry.costPerRequestPicoUsd ?? 0n, ...(models.length > 0 && { models }) },
    );
    // Only now: what a client saw complete is on the books.
    if (answer) res.end();
  }

  async #forward(endpoint: Endpoint, at: Forwarding): Promise<boolean> {
    const { req, res, record } = at;
    const { signal } = record.call;
    const body = at.body ?? pacedBodyOf(req);
    const answer = await this.#attempt(endpoint, record, async () => {
      const { firstByteMs } = endpoint.deployment.timeouts;
      const sent = await this.#proxy.send({ req, res, origin: endpoint.origin, body, firstByteMs, signal });
      const failed = sent.statusCode ?? 502;
      if (failed >= 300 && failed !== NOT_MODIFIED) throw await errorOf(sent, failed, endpoint.secrets);
      return sent;
    });
    const status = answer.statusCode ?? 502;
    res.writeHead(status, answeredHeaders(answer.headers));
    await relayAnswer(answer, res, { signal, idleMs: endpoint.deployment.timeouts.idleMs });
    return true;
  }

  /** Joins the client with the backend until one of them ends it. */
  async #connect(endpoint: Endpoint, { req, res, record }: Forwarding, head: Buffer): Promise<boolean> {
    const { origin } = endpoint;
    const { firstByteMs } = endpoint.deployment.timeouts;
    const { signal } = record.call;
    const { socket } = req;
    const backend = await this.#attempt(endpoint, record, () =>
      this.#proxy.connect({ req, socket, head, origin, firstByteMs, signal }),
    );
    try {
      await untilClosed(socket, backend, signal);
    } catch (error) {
      // No answer of ours may follow what the backend said.
      res.destroy();
      throw error;
    }
    return false;
  }

  async #attempt<T>(endpoint: Endpoint, record: CallRecord, work: () => Promise<T>): Promise<T> {
    const startedAtMs = performance.now();
    try {
      if (!mayReach(endpoint.hostname, this.config.current.general.allowPrivateUpstreams)) {
        throw new UpstreamError(502, 'This address may not be reached from here.', false);
      }
      const result = await work();
      record.attempted(endpoint.deployment, startedAtMs, null);
      record.meter.counted({});
      return result;
    } catch (error) {
      record.attempted(endpoint.deployment, startedAtMs, error instanceof GatewayError ? error : null);
      throw error;
    }
  }
}

interface Forwarding {
  readonly req: GatewayRequest;
  readonly res: ServerResponse;
  readonly body: Peeked['body'];
  readonly record: CallRecord;
}

async function errorOf(
  answer: IncomingMessage,
  status: number,
  keys: readonly string[],
): Promise<UpstreamError> {
  const text = await errorTextIn(answer);
  if (status < 400)
    return new UpstreamError(502, `The upstream answered with an unexpected status ${status}.`, false);
  return errorFromText(status, withoutKeys(text, keys));
}

/**
 * As much of it as comes in time. What is left is not destroyed here, for the proxy would end the client's connection
 * with it: both go once the client has his answer.
 */
function errorTextIn(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (): void => {
      clearTimeout(late);
      answer.pause();
      resolve(Buffer.concat(chunks).toString());
    };
    const late = setTimeout(finish, ERROR_BODY_MS);
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ERROR_BYTES) finish();
    });
    // A broken error still has its status.
    for (const event of ['end', 'error', 'close']) answer.once(event, finish);
  });
}
