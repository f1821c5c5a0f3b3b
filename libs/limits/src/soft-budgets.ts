import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type LimitRule, type Outcome, type OutcomeSink, usdText } from '@app/call';
import { unavailableFrom } from '@app/database';
import { type Family, labelText } from '@app/observability';
import { isTotalled } from '@app/spend';
import { windowAt } from '@app/users';
import { type DataSource } from 'typeorm';

const LOOK_EVERY_MS = 5_000;
/** Beyond this many the rest waits for their next call. */
const MAX_WAITING = 10_000;

const SECOND_MS = 1_000;
const OPEN = 'SELECT limit_open($1)';

/** One soft budget, with the question about the window that was met last. */
interface Watched {
  readonly rule: LimitRule;
  readonly softPicoUsd: bigint;
  ask: Ask | null;
}

interface Ask {
  readonly s: string;
  readonly m: '';
  readonly k: 'money';
  readonly b: string;
  readonly e: string;
  readonly soft: string;
  readonly totalled: boolean;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** The rules of an end user, as far as they are known without waiting. */
type EndUserRules = (id: string) => readonly LimitRule[] | Promise<readonly LimitRule[]>;

interface Crossing {
  readonly scope: string;
  readonly soft: string;
  readonly spent: string;
}

/** Money in rows that have arrived, as budgets count it; who writes the row first reports the crossing. */
const CROSS = `WITH ask AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS ask(s text, b timestamptz, e timestamptz, soft numeric, totalled bool)
  ), spent AS (
    SELECT s, b, soft, coalesce(CASE WHEN totalled THEN (
        SELECT sum(spent_pico_usd) FROM spend_totals AS total WHERE total.scope = ask.s AND CASE WHEN ask.b = '-infinity'
          THEN total.window_start = ask.b ELSE total.window_start >= ask.b AND total.window_start < ask.e END
      ) ELSE (
        SELECT account.spent FROM limit_accounts AS account WHERE account.scope = ask.s AND account.model = ''
          AND account.kind = 'money' AND account.starts_at = ask.b AND account.ends_at = ask.e
      ) END, 0) AS spent FROM ask
  ), crossed AS (
    INSERT INTO soft_budget_alerts (scope, window_start, soft_pico_usd)
    SELECT s, b, soft FROM spent WHERE spent >= soft ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING RETURNING scope, window_start, soft_pico_usd
  )
  SELECT spent.s AS scope, spent.soft::text AS soft, spent.spent::text AS spent
  FROM crossed JOIN spent ON spent.s = scope AND spent.b = window_start AND spent.soft = soft_pico_usd`;

/**
 * Reports soft budgets that are crossed: one line in the log and one count, once for each window over all replicas.
 * Nothing is refused. Looks after calls have ended, so no call waits for it.
 */
export class SoftBudgets implements OutcomeSink, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('SoftBudgets');
  private readonly soft = new WeakMap<readonly LimitRule[], readonly Watched[]>();
  private waiting = new Map<string, Ask>();
  /** Looked at once: what the calls cost may have come to the books only after that. */
  private again: ReadonlyMap<string, Ask> = new Map();
  private readonly crossings = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly endUserRules: EndUserRules = () => [],
  ) {}

  accept({ call, costPicoUsd }: Outcome): void {
    if (costPicoUsd === 0n) return;
    const atMs = call.startedAt.getTime();
    this.note(call.caller.rules, atMs);
    if (call.endUser !== null) this.noteEndUser(call.endUser, atMs);
  }

  /** How many were crossed and reported by this process, by what the budget is of. */
  family(): Family {
    return {
      name: 'gateway_soft_budget_crossings',
      help: 'Soft budgets that were crossed, by kind of their owner.',
      type: 'counter',
      read: () => [...this.crossings].map(([kind, value]) => ({ labels: labelText({ kind }), value })),
    };
  }

  onApplicationBootstrap(): void {
    const look = (): void => {
      this.looking = this.look();
    };
    this.timer = setInterval(look, LOOK_EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** Looks at every budget that money was spent of since, twice. What cannot be read now is looked at next time. */
  async look(): Promise<void> {
    const noted = this.waiting;
    const wanted = new Map([...this.again, ...noted]);
    if (wanted.size === 0) return;
    this.waiting = new Map();
    this.again = noted;
    const asks = [...wanted.values()];
    try {
      const unopened = asks.filter(({ totalled }) => !totalled);
      if (unopened.length > 0) await this.dataSource.query(OPEN, [JSON.stringify(unopened)]);
      const crossed = await this.dataSource.query<Crossing[]>(CROSS, [JSON.stringify(asks)]);
      for (const crossing of crossed) this.report(crossing);
    } catch (error) {
      if (unavailableFrom(error)) this.waiting = new Map([...wanted, ...this.waiting]);
      else this.logger.error('Soft budgets could not be looked at', error);
    }
  }

  /** @param atMs when the call began: what it cost counts in the window that holds this moment */
  private note(rules: readonly LimitRule[], atMs: number): void {
    let watched = this.soft.get(rules);
    if (!watched) this.soft.set(rules, (watched = softIn(rules)));
    if (watched.length === 0 || this.waiting.size >= MAX_WAITING) return;
    for (const one of watched) {
      if (!one.ask || atMs < one.ask.startsAtMs || atMs >= one.ask.endsAtMs) one.ask = askOf(one, atMs);
      this.waiting.set(`${one.ask.s}\n${one.ask.b}`, one.ask);
    }
  }

  private noteEndUser(id: string, atMs: number): void {
    try {
      const rules = this.endUserRules(id);
      if (rules instanceof Promise)
        rules.then(
          (read) => this.note(read, atMs),
          () => undefined,
        );
      else this.note(rules, atMs);
    } catch {
      // Blocked since the call began.
    }
  }

  private report({ scope, soft, spent }: Crossing): void {
    const kind = scope.split(':', 1)[0] ?? '';
    this.crossings.set(kind, (this.crossings.get(kind) ?? 0) + 1);
    this.logger.warn(
      `The soft budget of ${scope} is crossed: ${usdText(BigInt(spent))} USD are spent of ${usdText(BigInt(soft))}. Calls go on.`,
    );
  }
}

function softIn(rules: readonly LimitRule[]): Watched[] {
  return rules.flatMap((rule) =>
    rule.softBudgetPicoUsd === null || rule.model !== null
      ? []
      : [{ rule, softPicoUsd: rule.softBudgetPicoUsd, ask: null }],
  );
}

/** Windows as the meters of calls have them, in whole seconds. */
function askOf({ rule, softPicoUsd }: Watched, atMs: number): Ask {
  const { scope, budgetDuration: duration, budgetStartsAtMs } = rule;
  const startsAtMs = Math.floor(budgetStartsAtMs / SECOND_MS) * SECOND_MS;
  const window = duration === null ? null : windowAt({ duration, startsAtMs }, atMs);
  const isEndless = window === null || window.endsAtMs === Number.POSITIVE_INFINITY;
  return {
    s: scope,
    m: '',
    k: 'money',
    b: isEndless ? '-infinity' : new Date(window.startsAtMs).toISOString(),
    e: isEndless ? 'infinity' : new Date(window.endsAtMs).toISOString(),
    soft: String(softPicoUsd),
    totalled: isTotalled(scope),
    startsAtMs: isEndless ? -Infinity : window.startsAtMs,
    endsAtMs: isEndless ? Infinity : window.endsAtMs,
  };
}
