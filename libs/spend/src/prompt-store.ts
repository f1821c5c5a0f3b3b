import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { type Call, type Outcome, type OutcomeSink, TEXT_CALLS } from '@app/call';
import { inputOf, isRedacted, outputOf, TraceQueue } from '@app/observability';
import { type SpendConnection } from './spend-connection.js';

export interface PromptPolicy {
  /** `general_settings.store_prompts_in_spend_logs` */
  readonly isOn: boolean;
  /** `litellm_settings.turn_off_message_logging` */
  readonly redacts: boolean;
}

/** Beyond it the oldest are dropped: words are no money. */
const LIMITS = { events: 2_000, bytes: 32 * 1024 * 1024 };
/** Put into words in one turn of the event loop, and written by one statement. */
const BATCH = { events: 25, bytes: 1024 * 1024 };
const INTERVAL_MS = 500;

const INSERT = `INSERT INTO spend_prompts (started_at, id, request, response)
SELECT * FROM unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING`;

/**
 * Keeps prompts and answers beside the rows where that is switched on. Telemetry, not money: a bounded queue in memory
 * and a connection of its own, so that no call and no row ever waits for it.
 */
@Injectable()
export class PromptStore implements OutcomeSink, BeforeApplicationShutdown {
  private readonly logger = new Logger('PromptStore');
  private readonly queue = new TraceQueue(LIMITS);
  private timer: NodeJS.Timeout | null = null;
  private pumping: Promise<void> = Promise.resolve();
  private warnedOf = 0;

  /** @param connection is opened with the first prompt */
  constructor(
    private readonly connection: SpendConnection,
    private readonly policy: () => PromptPolicy,
  ) {}

  /** Of this process; `full` and `refused` are those that were dropped. */
  get counts(): Readonly<TraceQueue['counts']> {
    return this.queue.counts;
  }

  wantsAnswer(call: Call): boolean {
    const policy = this.policy();
    return policy.isOn && TEXT_CALLS.has(call.type) && !isRedacted(call, policy);
  }

  accept(outcome: Outcome): void {
    const policy = this.policy();
    if (!policy.isOn || outcome.call.body.object['no-log'] === true || isRedacted(outcome.call, policy))
      return;
    this.queue.push(outcome);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.pumping = this.pumping.then(() => this.pump());
    }, INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    await this.pumping;
    await this.pump();
    await this.connection.close();
  }

  private async pump(): Promise<void> {
    for (let batch = this.queue.take(BATCH); batch.length > 0; batch = this.queue.take(BATCH)) {
      try {
        await this.write(batch);
        this.queue.settle(batch.length, 0);
      } catch (error) {
        this.queue.settle(0, batch.length);
        this.warn(`Prompts could not be stored: ${(error as Error).message}`);
        break;
      }
    }
    if (this.queue.counts.full > this.warnedOf) {
      this.warnedOf = this.queue.counts.full;
      this.warn('Prompts come faster than they can be stored');
    }
  }

  private write(batch: readonly Outcome[]): Promise<unknown> {
    const texts = batch.map((outcome) => [inputOf(outcome.call), outputOf(outcome)].map(textOf));
    return this.connection.run((client) =>
      client.query(INSERT, [
        batch.map(({ call }) => call.startedAt),
        batch.map(({ call }) => call.id),
        texts.map(([request]) => request),
        texts.map(([, response]) => response),
      ]),
    );
  }

  private warn(what: string): void {
    const { full, refused } = this.queue.counts;
    this.logger.warn(`${what}; ${full + refused} were dropped since the start.`);
  }
}

/** JSON, whose escapes are all that PostgreSQL's text cannot hold otherwise. */
const textOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : JSON.stringify(value);
