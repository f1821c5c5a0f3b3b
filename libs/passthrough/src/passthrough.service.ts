import { Injectable } from '@nestjs/common';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { GatewayError, type GatewayRequest, LiveCalls, UpstreamError } from '@app/call';
import { ConfigStore } from '@app/config';
import { type CallRecord, PipelineService } from '@app/pipeline';
import { errorFromText, mayReach, outboundAgents } from '@app/upstream';
import { type Endpoint } from './endpoint.js';
import { answeredHeaders } from './forwarded-headers.js';
import { PassthroughGate } from './passthrough-gate.js';
import { PassthroughProxy } from './passthrough.proxy.js';
import { type Peeked } from './peek-model.js';
import { relayAnswer } from './relay-answer.js';

const MAX_ERROR_BYTES = 64 * 1024;

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
  async serve(endpoint: Endpoint, req: GatewayRequest, res: ServerResponse): Promise<void> {
    const signal = this.calls.follow(res);
    const { call, body } = await this.gate.admit(endpoint, req, signal);
    const answer = await this.pipeline.book(
      call,
      res,
      (record) => this.#forward(endpoint, { req, res, body, record }),
      endpoint.entry.costPerRequestPicoUsd ?? 0n,
    );
    // Only now: what a client saw complete is on the books.
    if (answer) res.end();
  }

  async #forward(endpoint: Endpoint, at: Forwarding): Promise<boolean> {
    const { req, res, body, record } = at;
    const { signal } = record.call;
    const startedAtMs = performance.now();
    const fail = (error: unknown): never => {
      record.attempted(endpoint.deployment, startedAtMs, error instanceof GatewayError ? error : null);
      throw error;
    };
    if (!mayReach(endpoint.hostname, this.config.current.general.allowPrivateUpstreams)) {
      fail(new UpstreamError(502, 'This address may not be reached from here.', false));
    }
    const { firstByteMs } = endpoint.deployment.timeouts;
    const answer = await this.#proxy
      .send({ req, res, origin: endpoint.origin, body, firstByteMs, signal })
      .catch(fail);
    const status = answer.statusCode ?? 502;
    if (status >= 300) return fail(await errorOf(answer, status));
    record.attempted(endpoint.deployment, startedAtMs, null);
    record.meter.counted({});
    res.writeHead(status, answeredHeaders(answer.headers));
    await relayAnswer(answer, res, signal);
    return true;
  }
}

interface Forwarding {
  readonly req: GatewayRequest;
  readonly res: ServerResponse;
  readonly body: Peeked['body'];
  readonly record: CallRecord;
}

async function errorOf(answer: IncomingMessage, status: number): Promise<UpstreamError> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > MAX_ERROR_BYTES) break;
    }
  } catch {
    // A broken error still has its status.
  }
  if (status < 400)
    return new UpstreamError(502, `The upstream answered with an unexpected status ${status}.`, false);
  return errorFromText(status, Buffer.concat(chunks).toString());
}
