import { type PulseQuestion, unavailableFrom } from '@app/database';
import pg from 'pg';
import { type DataSource } from 'typeorm';
import { type Balance, type PoolName } from './pool.js';

export interface Ask {
  readonly name: PoolName;
  readonly cap: bigint;
  /** Wanted beyond what is in hand, and the least that is of use. */
  readonly need: bigint;
  readonly least: bigint;
  readonly held: bigint;
  /** The part of it that is money in rows on their way. */
  readonly ended: bigint;
  /** When the others were asked to give back, as {@link Answer.askedAt} told; null: not yet. */
  readonly since: string | null;
}

export interface Answer {
  /** Null: nobody has opened this account yet. */
  readonly balance: Balance | null;
  /** Others hold what is missing and have not answered yet. */
  readonly waits: boolean;
  readonly askedAt: string | null;
}

export interface Report {
  readonly account: string;
  readonly held: bigint;
  readonly unsettled: boolean;
}

export interface Holder {
  readonly name: string;
  readonly seenAt: string;
}

interface TakeRow {
  readonly place: number;
  readonly account: string | null;
  readonly granted: string;
  readonly spent: string;
  readonly free: string;
  readonly others: string;
  readonly live: number;
  readonly asked_at: string | null;
  readonly waits: boolean;
}

const TAKE = `SELECT place, account::text, granted::text, spent::text, free::text, others::text, live, asked_at::text, waits
  FROM limit_take($1, $2, $3)`;
const BEAT = `INSERT INTO limit_holders (name, seen_at, journaled) VALUES ($1, clock_timestamp(), $2)
  ON CONFLICT (name) DO UPDATE SET seen_at = clock_timestamp()`;
const OTHERS = 'SELECT name, seen_at::text AS "seenAt" FROM limit_holders WHERE name <> $1';
/** The same two without parameters, to be asked along with what others ask. */
const beatText = (
  name: string,
  isJournaled: boolean,
): string => `INSERT INTO limit_holders (name, seen_at, journaled)
  VALUES (${pg.escapeLiteral(name)}, clock_timestamp(), ${String(isJournaled)})
  ON CONFLICT (name) DO UPDATE SET seen_at = clock_timestamp()`;
const othersText = (
  name: string,
): string => `SELECT coalesce(jsonb_agg(jsonb_build_object('name', name, 'seenAt', seen_at::text)), '[]')
  FROM limit_holders WHERE name <> ${pg.escapeLiteral(name)}`;
const ADOPTED = `UPDATE limit_holders SET adopted = true WHERE starts_with(name, $1) RETURNING name`;
const RETIRE = `DELETE FROM limit_holders WHERE name = $1`;
/** Windows that ended a week ago: no row arrives as late as that. */
const SWEEP = `DELETE FROM limit_accounts WHERE ends_at < now() - interval '7 days'`;

/**
 * The leases in PostgreSQL, of this process and of the others. Every method is one statement, and throws
 * UnavailableError when the database is away.
 */
export class LeaseStore {
  /** How many statements have been sent. */
  statements = 0;

  /** @param holder names this process, differently each time it starts */
  constructor(
    private readonly dataSource: DataSource,
    readonly holder: string,
    private readonly isJournaled: boolean,
  ) {}

  async take(asks: readonly Ask[]): Promise<Answer[]> {
    const sent = asks.map(({ name, cap, need, least, held, ended, since }, place) => ({
      ...columnsOf(name),
      o: place,
      cap: String(cap),
      need: String(need),
      least: String(least),
      held: String(held),
      ended: String(ended),
      since,
    }));
    const rows = await this.query<TakeRow>(TAKE, [this.holder, this.isJournaled, JSON.stringify(sent)]);
    const answers = asks.map((): Answer => ({ balance: null, waits: false, askedAt: null }));
    for (const row of rows) answers[row.place] = answerOf(row);
    return answers;
  }

  /** Makes the accounts that are not there, with what was spent before there were any. */
  async open(names: readonly PoolName[]): Promise<void> {
    await this.query('SELECT limit_open($1)', [JSON.stringify(names.map(columnsOf))]);
  }

  async report(reports: readonly Report[]): Promise<void> {
    const sent = reports.map(({ account, held, unsettled }) => ({ account, held: String(held), unsettled }));
    await this.query('SELECT limit_report($1, $2)', [this.holder, JSON.stringify(sent)]);
  }

  /** A sign of life. */
  async beat(): Promise<void> {
    await this.query(BEAT, [this.holder, this.isJournaled]);
  }

  others(): Promise<Holder[]> {
    return this.query<Holder>(OTHERS, [this.holder]);
  }

  /** A sign of life and a look at the others, to be given along with the signs of life of a connection. */
  pulse(hear: (others: readonly Holder[]) => void): PulseQuestion {
    return {
      along: beatText(this.holder, this.isJournaled),
      sql: othersText(this.holder),
      hear: (answer) => hear(JSON.parse(answer ?? '[]') as Holder[]),
    };
  }

  async reclaim(holder: string, silentSeconds: number): Promise<void> {
    await this.query('SELECT limit_reclaim($1, $2)', [holder, Math.floor(silentSeconds)]);
  }

  /** The rows of a dead process are all there; gives the names under which it took part. */
  async adopted(estate: string): Promise<string[]> {
    const rows = await this.query<{ name: string }[] | { name: string }>(ADOPTED, [`${estate}/`]);
    // An UPDATE gives its rows and their number.
    return rows.flat().flatMap((row) => (typeof row === 'object' && 'name' in row ? [row.name] : []));
  }

  /** The orderly end: nothing is in our hands. */
  async retire(): Promise<void> {
    await this.query(RETIRE, [this.holder]);
  }

  async sweep(): Promise<void> {
    await this.query(SWEEP, []);
  }

  private async query<Row>(sql: string, values: unknown[]): Promise<Row[]> {
    this.statements += 1;
    try {
      return await this.dataSource.query<Row[]>(sql, values);
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    }
  }
}

function columnsOf({ scope, model, kind, startsAtMs, endsAtMs }: PoolName): Record<string, string> {
  return { s: scope, m: model ?? '', k: kind, b: timeText(startsAtMs), e: timeText(endsAtMs) };
}

function timeText(timeMs: number): string {
  if (timeMs === Number.POSITIVE_INFINITY) return 'infinity';
  return timeMs === Number.NEGATIVE_INFINITY ? '-infinity' : new Date(timeMs).toISOString();
}

function answerOf(row: TakeRow): Answer {
  if (row.account === null) return { balance: null, waits: false, askedAt: null };
  const granted = BigInt(row.granted);
  return {
    balance: {
      account: row.account,
      granted,
      spent: BigInt(row.spent),
      free: BigInt(row.free) - granted,
      others: BigInt(row.others),
      live: row.live,
    },
    waits: row.waits,
    askedAt: row.asked_at,
  };
}
