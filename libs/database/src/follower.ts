import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NotificationService } from './notification.service.js';

const POLL_MS = 5_000;
const POLL_WHILE_AWAY_MS = 500;

/** What came of bringing it up to date; `failed` is for other reasons than that the database is away. */
export type FollowUp = 'current' | 'failed' | 'away';

/** Something in memory that is kept as it is in PostgreSQL. */
export interface Followed {
  /** Where changes are told. */
  readonly channel: string;
  /** A query for the number that grows with each change. */
  readonly number: string;
  /** Whether everything up to that number is known here. */
  isCurrent(number: string | null): boolean;
  /** Brings it up to date; never throws. */
  sync(): Promise<FollowUp>;
}

/**
 * Follows changes that others make: as soon as they are told, with the next {@link Pulse} where the message was lost, and
 * by asking every few seconds while nothing can be heard.
 */
export class Follower {
  #wake = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #isStopped = false;
  readonly #stopListening: (() => void)[] = [];

  constructor(
    private readonly notifications: Pick<NotificationService, 'listen' | 'onReconnect' | 'pulse'>,
    private readonly followed: Followed,
  ) {}

  start(): void {
    const { notifications, followed } = this;
    const wake = () => this.wake();
    this.#stopListening.push(
      notifications.listen(followed.channel, wake),
      notifications.onReconnect(wake),
      notifications.pulse.onStop(wake),
      notifications.pulse.ask({
        sql: followed.number,
        hear: (number) => {
          if (!followed.isCurrent(number)) wake();
        },
      }),
    );
    this.#following = this.#follow();
  }

  /** Looks now. */
  wake(): void {
    this.#wake.abort();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const stop of this.#stopListening) stop();
    this.wake();
    await this.#following;
  }

  async #follow(): Promise<void> {
    while (!this.#isStopped) {
      this.#wake = new AbortController();
      const { signal } = this.#wake;
      const outcome = await this.followed.sync();
      if (signal.aborted) continue;
      if (outcome === 'current' && this.notifications.pulse.isBeating) await once(signal, 'abort');
      else await pause(outcome === 'away' ? POLL_WHILE_AWAY_MS : POLL_MS, signal);
    }
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
