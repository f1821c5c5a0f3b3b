import { usdText } from '@app/call';
import { type ImportedCall, type ImportedKind, type LedgerImport } from '@app/spend';
import { spendLacking, takeOverSpend } from '@app/limits';
import { mapSpendLog } from './map-spend-log.js';
import { type Spent } from './mapped.js';
import { type Mover } from './mover.js';
import { type KeyOwner, openingBalances, scopeOf } from './opening-balances.js';
import { approximate, type KindReport, notSupported, type ReportItem } from './report.js';

const KINDS: readonly ImportedKind[] = ['key', 'user', 'team', 'end_user'];
const HISTORY = 'spend history';
const BALANCES = 'opening balances';

/** All rows of spend, and an opening balance where LiteLLM keeps a sum and no longer the rows. */
export class SpendMove {
  /** What rows that are not here yet cost, in a dry run. */
  private readonly coming = new Map<string, bigint>();
  private readonly since: ReadonlyMap<string, Date | null>;

  /** @param ledger null: there are no tables of ours yet */
  constructor(
    private readonly mover: Mover,
    private readonly ledger: LedgerImport | null,
  ) {
    this.since = new Map(mover.spent.map(({ kind, name, window }) => [scopeOf(kind, name), window.since]));
  }

  async run(owners: ReadonlyMap<string, KeyOwner>): Promise<void> {
    for (const step of [() => this.history(), () => this.balances(owners), () => this.budgets()]) {
      const report = await step();
      this.mover.kinds.push(report);
      if (report.created > 0) await this.mover.target.note(report);
    }
  }

  private get isDry(): boolean {
    return this.mover.target.write === null;
  }

  private async history(): Promise<KindReport> {
    let [found, created, odd] = [0, 0, 0];
    for await (const page of this.mover.source.spendLogs()) {
      const calls = page.map(mapSpendLog).filter((call) => call !== null);
      found += page.length;
      odd += page.length - calls.length;
      created += await this.bring(calls);
    }
    const refused = this.isDry ? 0 : (this.ledger?.refusedRows ?? 0);
    return {
      kind: HISTORY,
      found,
      created,
      changed: 0,
      unchanged: found - created - odd - refused,
      kept: 0,
      items: historyItems(found, odd, refused),
    };
  }

  private async bring(calls: readonly ImportedCall[]): Promise<number> {
    if (!this.isDry && this.ledger) return this.ledger.write(calls);
    const known = (await this.ledger?.known(calls)) ?? new Set();
    const fresh = calls.filter(({ id }) => !known.has(id));
    for (const call of fresh) this.count(call);
    return fresh.length;
  }

  private count({ keyHash, userId, teamId, endUser, startedAtMs, costPicoUsd }: ImportedCall): void {
    const names = { key: keyHash, user: userId, team: teamId, end_user: endUser };
    for (const kind of KINDS) {
      const scope = scopeOf(kind, names[kind] ?? '');
      const since = this.since.get(scope);
      if (since === undefined || (since !== null && startedAtMs < since.getTime())) continue;
      this.coming.set(scope, (this.coming.get(scope) ?? 0n) + costPicoUsd);
    }
  }

  private async balances(owners: ReadonlyMap<string, KeyOwner>): Promise<KindReport> {
    const { spent, now } = this.mover;
    const carried = new Map(this.coming);
    for (const kind of KINDS) await this.addCarried(kind, spent, carried);
    const { calls, items } = openingBalances(spent, carried, owners, now);
    const sum = calls.reduce((total, { costPicoUsd }) => total + costPicoUsd, 0n);
    const created = this.isDry ? calls.length : ((await this.ledger?.write(calls)) ?? 0);
    const why = `${usdText(sum)} USD in all: LiteLLM keeps these sums, but not the rows that they come from`;
    const told: ReportItem[] =
      calls.length === 0 ? [] : [{ kind: BALANCES, item: `${calls.length} rows`, ...approximate(why) }];
    return {
      kind: BALANCES,
      found: calls.length,
      created,
      changed: 0,
      unchanged: calls.length - created,
      kept: 0,
      items: [...told, ...items],
    };
  }

  /** Whose spend no total tells: it counts from the account of the window that runs. */
  private async budgets(): Promise<KindReport> {
    const { target, now, budgetSpend } = this.mover;
    const { query } = target;
    const lacking = new Set(
      query ? await spendLacking(query, budgetSpend, now) : budgetSpend.map(({ scope }) => scope),
    );
    const taken = budgetSpend.filter(({ scope }) => lacking.has(scope));
    if (query && !this.isDry && taken.length > 0) await takeOverSpend(query, taken, now);
    return {
      kind: 'running budgets',
      found: budgetSpend.length,
      created: taken.length,
      changed: 0,
      unchanged: budgetSpend.length - taken.length,
      kept: 0,
      items: [],
    };
  }

  private async addCarried(
    kind: ImportedKind,
    spent: readonly Spent[],
    carried: Map<string, bigint>,
  ): Promise<void> {
    const since = new Map(
      spent.filter((one) => one.kind === kind).map(({ name, window }) => [name, window.since]),
    );
    if (!this.ledger || since.size === 0) return;
    for (const [name, picoUsd] of await this.ledger.spentSince(kind, since)) {
      const scope = scopeOf(kind, name);
      carried.set(scope, (carried.get(scope) ?? 0n) + picoUsd);
    }
  }
}

function historyItems(found: number, odd: number, refused: number): ReportItem[] {
  if (found === 0) return [];
  const lost =
    'prompts and answers, cache hits and sessions are not carried over; amounts, tokens and times are';
  const items: ReportItem[] = [{ kind: HISTORY, item: 'all rows', ...approximate(lost) }];
  const bad: [number, string][] = [
    [odd, 'they have no request_id or no startTime'],
    [refused, 'the ledger has refused them; they wait in spend_dead_letters'],
  ];
  for (const [count, why] of bad) {
    if (count > 0) items.push({ kind: HISTORY, item: `${count} rows`, ...notSupported(why) });
  }
  return items;
}
