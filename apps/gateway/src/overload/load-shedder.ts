import { type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type GatewayRequest, LiveCalls, UnavailableError } from '@app/call';
import { labelText, MetricFamilies } from '@app/observability';
import { identify } from '../edge-guard.js';
import { writeError } from '../write-error.js';
import { BodyClaims } from './body-claims.js';
import { FairShare } from './fair-share.js';
import { LoadGauge, type Round } from './load-gauge.js';
import { LoopTurn } from './loop-turn.js';
import { WaitingRoom } from './waiting-room.js';

/** Whoever looks after the gateway is let in above all when it is busy. */
const EXEMPT = /^\/(?:(?:health|ui)(?:$|[/?])|metrics(?:$|\?))/;
/** Each holds two sockets and some tens of kilobytes. */
const MOST_CALLS = 20_000;

/** A burst is worked off; what lasts longer is more than can be done. */
const PATIENCE_MS = 1_000;
/** How late the process may be while it turns requests away: those that are let in are to be served quickly. */
const TARGET_LATE_MS = 50;
const LET_OUT_MS = 10;
/** At a time, when the overload is over. */
const MOST_OUT = 50;
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
  readonly #room = new WaitingRoom();
  readonly #turn = new LoopTurn();
  readonly #gauge = new LoadGauge((round) => this.#endRound(round));
  readonly #claims = new BodyClaims();
  readonly #shed: Record<Reason, number> = { busy: 0, memory: 0, calls: 0 };
  #isMemoryShort = false;
  #quietRounds = 0;
  #lateBeforeMs = 0;
  #letsOut: NodeJS.Timeout | undefined;

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
    clearInterval(this.#letsOut);
  }

  /** Whether the request was answered here. To be asked before anything else is done for it. */
  turnsAway(req: GatewayRequest, res: ServerResponse): boolean {
    const reason = EXEMPT.test(req.url) ? null : this.#reasonAgainst(req, res);
    if (reason === null) return false;
    this.#shed[reason] += 1;
    identify(req, res);
    writeError(res, REFUSALS[reason]);
    const { socket } = res;
    if (reason === 'busy' && socket && this.#share.isLoud(clientOf(req)))
      res.once('close', () => this.#wait(socket));
    return true;
  }

  /** False once there has been nothing to do for a while. */
  #endRound({ ms, lateMs, lateForMs, utilization, isMemoryShort }: Round): boolean {
    const wasLimiting = this.#share.isLimiting;
    // While it gets better, what was let in before is still being worked off.
    const isLate = wasLimiting
      ? lateMs > Math.max(TARGET_LATE_MS, this.#lateBeforeMs)
      : lateForMs > PATIENCE_MS;
    this.#lateBeforeMs = lateMs;
    this.#share.endRound({ ms, isLate, utilization });
    this.#isMemoryShort = isMemoryShort;
    const { isLimiting } = this.#share;
    if (isLimiting && !wasLimiting) this.#warn();
    const isBusy = isLimiting || isMemoryShort || lateForMs > 0 || this.calls.size > 0;
    this.#quietRounds = isBusy ? 0 : this.#quietRounds + 1;
    return this.#quietRounds < QUIET_ROUNDS;
  }

  #wait(socket: Socket): void {
    this.#room.take(socket);
    this.#letsOut ??= setInterval(() => this.#letOut(), LET_OUT_MS).unref();
  }

  #letOut(): void {
    this.#room.release(this.#share.isLimiting ? Math.floor(this.#share.spare) : MOST_OUT);
    if (this.#room.size > 0) return;
    clearInterval(this.#letsOut);
    this.#letsOut = undefined;
  }

  #hasRoom(req: GatewayRequest): boolean {
    if (!this.#share.isLimiting) {
      this.#share.admitted();
      const perMs = this.#turn.begun();
      if (perMs === null) return true;
      this.#share.limitTo(perMs);
      this.#warn();
    }
    return this.#share.admits(clientOf(req));
  }

  #warn(): void {
    this.#logger.warn('The process is overloaded: some requests are turned away with 503');
  }

  #reasonAgainst(req: GatewayRequest, res: ServerResponse): Reason | null {
    this.#quietRounds = 0;
    this.#gauge.wake();
    if (!this.#hasRoom(req)) return 'busy';
    if (this.#isMemoryShort || !this.#claims.take(req.headers, res)) return 'memory';
    return this.calls.size < MOST_CALLS ? null : 'calls';
  }
}

/** By credential, which costs nothing to read; who has none is known by the connection. */
function clientOf({ headers, socket }: GatewayRequest): string {
  const key = headers.authorization ?? headers['x-api-key'];
  return typeof key === 'string' ? key : (socket.remoteAddress ?? '');
}
