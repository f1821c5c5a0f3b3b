import { type JsonObject } from '@app/call';
import { type SpentBefore } from '@app/limits';
import { type Mapped, type Spent } from './mapped.js';
import { type KindReport, type ReportItem } from './report.js';
import { type SourceDatabase } from './source-database.js';
import { compare, type Query, type TargetTable } from './target-table.js';

/** Rows of one kind that are to be written, and what will be said of it. */
export interface Batch {
  readonly target: TargetTable;
  readonly rows: readonly JsonObject[];
  readonly report: KindReport;
}

/** Where everything goes. */
export interface Target {
  /** Null: there are no tables of ours yet. */
  readonly query: Query | null;
  /** In one transaction, numbered and told to every replica; null in a dry run. */
  readonly write: ((batch: Batch) => Promise<void>) | null;
  /** Notes in the audit log what the ledger was given. */
  readonly note: (report: KindReport) => Promise<void>;
}

/** Carries one kind after the other, and keeps the reports and what everybody has spent. */
export class Mover {
  readonly kinds: KindReport[] = [];
  readonly spent: Spent[] = [];
  /** Of the running windows of budgets that others than keys, users and teams have. */
  readonly budgetSpend: SpentBefore[] = [];

  constructor(
    readonly source: SourceDatabase,
    readonly target: Target,
    readonly now: Date,
  ) {}

  /** Answers with the keys of all that is there afterwards; in a dry run, that would be. */
  async move(kind: string, table: TargetTable, mapped: readonly Mapped[]): Promise<ReadonlySet<string>> {
    const { rows, report, present } = await compare(kind, table, mapped, this.target.query);
    if (rows.length > 0) await this.target.write?.({ target: table, rows, report });
    this.kinds.push(report);
    for (const { row, spent } of mapped) if (row !== null && spent) this.spent.push(spent);
    return present;
  }

  /** Things that have no place in the database here. */
  tell(kind: string, mapped: readonly Mapped[]): void {
    if (mapped.length === 0) return;
    const items = mapped.flatMap(({ name, notes }) =>
      notes.map((note): ReportItem => ({ kind, item: name, ...note })),
    );
    this.kinds.push({ kind, found: mapped.length, created: 0, changed: 0, unchanged: 0, kept: 0, items });
  }
}
