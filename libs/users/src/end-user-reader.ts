import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { type LimitRule, PermissionError } from '@app/call';
import { DatabaseService, unavailableFrom } from '@app/database';
import { BudgetEntity } from './budget.entity.js';
import { CustomerEntity } from './customer.entity.js';
import { PrincipalChanges } from './principal-changes.js';
import { rulesOf } from './rules-of.js';

const MAX_HELD = 100_000;
const SOFT_TTL_MS = 60_000;
const MAX_ATTEMPTS = 5;
/** After a failure the database is left alone for so long: calls do not wait for what is away. */
const REST_MS = 1_000;
const SCOPE = 'end_user:';

interface Held {
  readonly rules: readonly LimitRule[];
  readonly blocked: boolean;
  readonly budgetId: string | null;
  refreshAtMs: number;
}

const NO_RULES: readonly LimitRule[] = Object.freeze([]);

/** What binds end users, kept in memory for those who called lately. */
@Injectable()
export class EndUserReader implements OnApplicationShutdown {
  private readonly logger = new Logger(EndUserReader.name);
  /** In the order of use, the least recent first. */
  private readonly held = new Map<string, Held>();
  private readonly wanted = new Set<string>();
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | null = null;
  /** How often something held was forgotten. */
  private forgotten = 0;
  private awayUntilMs = 0;
  private readonly unsubscribe: () => void;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly database: DatabaseService,
    changes: PrincipalChanges,
  ) {
    this.unsubscribe = changes.subscribe((scopes) => this.forget(scopes));
  }

  /**
   * The rules of an end user: at once when it is known, else asked for, with one query at a time for all who wait. An end
   * user without a row has none; neither has one whom nobody could look up because the database is away.
   * @throws PermissionError when it is blocked (as a rejection where it had to be asked for)
   */
  rulesOf(endUserId: string): readonly LimitRule[] | Promise<readonly LimitRule[]> {
    const nowMs = Date.now();
    const known = this.held.get(endUserId);
    if (!known) {
      if (nowMs < this.awayUntilMs || !this.database.ready) return NO_RULES;
      return this.load(endUserId).then(() => judged(endUserId, this.held.get(endUserId)));
    }
    this.held.delete(endUserId);
    this.held.set(endUserId, known);
    if (nowMs >= known.refreshAtMs && nowMs >= this.awayUntilMs) {
      known.refreshAtMs = nowMs + SOFT_TTL_MS;
      void this.load(endUserId);
    }
    return judged(endUserId, known);
  }

  onApplicationShutdown(): void {
    this.unsubscribe();
  }

  /** The next use asks again, and waits for the answer. */
  private forget(scopes: ReadonlySet<string> | null): void {
    this.forgotten += 1;
    if (scopes === null) {
      this.held.clear();
      return;
    }
    let budgets = false;
    for (const scope of scopes) {
      if (scope.startsWith(SCOPE)) this.held.delete(scope.slice(SCOPE.length));
      else if (scope.startsWith('budget:')) budgets = true;
    }
    if (!budgets) return;
    for (const [id, { budgetId }] of this.held) {
      if (budgetId !== null && scopes.has(`budget:${budgetId}`)) this.held.delete(id);
    }
  }

  /** All who ask while a query runs share the next one. */
  private load(endUserId: string): Promise<void> {
    this.wanted.add(endUserId);
    this.next ??= this.running.then(() => {
      const ids = [...this.wanted];
      this.wanted.clear();
      this.next = null;
      return (this.running = this.query(ids));
    });
    return this.next;
  }

  /** Never rejects: who cannot be looked up has no rules. */
  private async query(ids: readonly string[]): Promise<void> {
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const { forgotten } = this;
        const rows = await this.read(CustomerEntity, 'userId', ids);
        const budgetIds = rows.map(({ budgetId }) => budgetId).filter((id) => id !== null);
        const budgets = budgetIds.length === 0 ? [] : await this.read(BudgetEntity, 'budgetId', budgetIds);
        // What changed meanwhile may not be in what was read.
        const isCurrent = forgotten === this.forgotten;
        this.file(ids, rows, new Map(budgets.map((budget) => [budget.budgetId, budget])));
        if (isCurrent) return;
      }
    } catch (error) {
      this.awayUntilMs = Date.now() + REST_MS;
      if (!unavailableFrom(error)) this.logger.error('The end users cannot be read', error);
    }
  }

  private read<E extends ObjectLiteral>(
    entity: EntityTarget<E>,
    property: keyof E & string,
    ids: readonly string[],
  ): Promise<E[]> {
    return this.dataSource.manager
      .createQueryBuilder(entity, 'one')
      .where(`one.${property} IN (SELECT unnest(:ids::text[]))`, { ids })
      .getMany();
  }

  private file(
    ids: readonly string[],
    rows: readonly CustomerEntity[],
    budgets: ReadonlyMap<string, BudgetEntity>,
  ): void {
    const byId = new Map(rows.map((row) => [row.userId, row]));
    const refreshAtMs = Date.now() + SOFT_TTL_MS;
    for (const id of ids) {
      const row = byId.get(id);
      const budgetId = row?.budgetId ?? null;
      const budget = budgetId === null ? undefined : budgets.get(budgetId);
      const rules = budget ? rulesOf(budget.limits, SCOPE + id, 'own') : NO_RULES;
      this.held.delete(id);
      this.held.set(id, { rules, blocked: row?.blocked ?? false, budgetId, refreshAtMs });
    }
    for (const id of this.held.keys()) {
      if (this.held.size <= MAX_HELD) break;
      this.held.delete(id);
    }
  }
}

function judged(endUserId: string, held: Held | undefined): readonly LimitRule[] {
  if (held?.blocked) throw new PermissionError(`User blocked. End user=${endUserId}`, 'auth_error', 'user');
  return held?.rules ?? NO_RULES;
}
