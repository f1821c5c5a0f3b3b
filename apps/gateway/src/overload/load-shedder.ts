import { type ServerResponse } from 'node:http';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type GatewayRequest, LiveCalls, UnavailableError } from '@app/call';
import { labelText, MetricFamilies } from '@app/observability';
import { identify } from '../edge-guard.js';
import { writeError } from '../write-error.js';
import { BodyClaims } from './body-claims.js';
import { FairShare } from './fair-share.js';
import { LoadGauge, type Round } from './load-gauge.js';

/** Whoever looks after the gateway is let in above all when it is busy. */
const EXEMPT = /^\/(?:(?:health|ui)(?:$|[/?])|metrics(?:$|\?))/;
/** Each holds two sockets and some tens of kilobytes. */
const MOST_CALLS = 20_000;

/** A burst is worked off; what lasts longer is more than can be done. */
const PATIENCE_MS = 1_000;
/** After so many rounds of 100 ms without a request nobody watches. */
const QUIET_ROUNDS = 20;

const REASONS = ['busy', 'memory', 'calls'] as const;
type Reason = (typeof REASONS)[number];

const REFUSALS: Readonly<Record<Reason, UnavailableError>> = {
  busy: new UnavailableError('The gateway is overloaded. Try again in a moment.', 'overloaded'),
  memory: new UnavailableError('The gateway is short of memory. Try again in a moment.', 'overloaded'),
  calls: new UnavailableError('Too many calls are in progress. Try again in a moment.', 'overloaded'),
};

/**
 * Turns away what cannot be served in time, before anything of it is read: a queue that only grows serves nobody.
 * Whoever asks most is turned away first.
 */
@Injectable()
export class LoadShedder implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('Overload');
  readonly #share = new FairShare();
  readonly #gauge = new LoadGauge((round) => this.#endRound(round));
  readonly #claims = new BodyClaims();
  readonly #shed: Record<Reason, number> = { busy: 0, memory: 0, calls: 0 };
  #isMemoryShort = false;
  #quietRounds = 0;

  constructor(
    private readonly calls: LiveCalls,
    private readonly families: MetricFamilies,
  ) {}

  onModuleInit(): void {
    this.families.add({
      name: 'gateway_shed_requests',
      help: 'Requests that were turned away at once because the process had too much to do.',
      type: 'counter',
      read: () => REASONS.map((reason) => ({ labels: labelText({ reason }), value: this.#shed[reason] })),
    });
  }

  onApplicationShutdown(): void {
    this.#gauge.rest();
  }

  /** Whether the request was answered here. To be asked before anything else is done for it. */
  turnsAway(req: GatewayRequest, res: ServerResponse): boolean {
    const reason = EXEMPT.test(req.url) ? null : this.#reasonAgainst(req, res);
    if (reason === null) return false;
    this.#shed[reason] += 1;
    identify(req, res);
    writeError(res, REFUSALS[reason]);
    return true;
  }

  /** False once there has been nothing to do for a while. */
  #endRound({ ms, lateForMs, isMemoryShort }: Round): boolean {
    const wasLimiting = this.#share.isLimiting;
    this.#share.endRound(ms, lateForMs > (wasLimiting ? 0 : PATIENCE_MS));
    this.#isMemoryShort = isMemoryShort;
    const { isLimiting } = this.#share;
    if (isLimiting && !wasLimiting)
      this.#logger.warn('The process is overloaded: some requests are turned away with 503');
    const isBusy = isLimiting || isMemoryShort || lateForMs > 0 || this.calls.size > 0;
    this.#quietRounds = isBusy ? 0 : this.#quietRounds + 1;
    return this.#quietRounds < QUIET_ROUNDS;
  }

  #reasonAgainst(req: GatewayRequest, res: ServerResponse): Reason | null {
    this.#quietRounds = 0;
    this.#gauge.wake();
    if (this.#share.isLimiting) {
      if (!this.#share.admits(clientOf(req))) return 'busy';
    } else this.#share.admitted();
    if (this.#isMemoryShort || !this.#claims.take(req.headers, res)) return 'memory';
    return this.calls.size < MOST_CALLS ? null : 'calls';
  }
}

/** By credential, which costs nothing to read; who has none is known by the connection. */
function clientOf({ headers, socket }: GatewayRequest): string {
  const key = headers.authorization ?? headers['x-api-key'];
  return typeof key === 'string' ? key : (socket.remoteAddress ?? '');
}
