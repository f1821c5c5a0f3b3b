import { type JsonObject } from '@app/call';
import { type SpentBefore } from '@app/limits';
import { alignedWindows } from '@app/users';
import { type SpendWindow } from './map-limits.js';
import { type Mapped, spendIn } from './mapped.js';
import { type SourceRow, textIn, timeIn } from './source-row.js';

/** Budgets and teams as they are carried over, by id. */
export interface BudgetTerms {
  readonly budgets: ReadonlyMap<string, JsonObject>;
  readonly windows: ReadonlyMap<string, SpendWindow>;
  readonly teams: ReadonlyMap<string, JsonObject>;
}

export const rowsById = (mapped: readonly Mapped[], column: string): Map<string, JsonObject> =>
  new Map(mapped.flatMap(({ row }) => (row === null ? [] : [[textIn(row, column) ?? '', row]])));

/** What is told of whom a budget row binds. @param scopeOf names whom */
export function spentOf(
  rows: readonly SourceRow[],
  terms: BudgetTerms,
  scopeOf: (row: SourceRow) => string,
): SpentBefore[] {
  return rows.flatMap((row): SpentBefore[] => {
    const budgetId = textIn(row, 'budget_id') ?? '';
    const [budget, window] = [terms.budgets.get(budgetId), terms.windows.get(budgetId)];
    const picoUsd = spendIn(row);
    if (!budget || !window || window.isOver || picoUsd === 0n) return [];
    if (textIn(budget, 'max_budget_usd') === null) return [];
    return [
      {
        scope: scopeOf(row),
        picoUsd,
        duration: textIn(budget, 'budget_duration'),
        startsAt: timeIn(budget, 'budget_starts_at') ?? new Date(0),
      },
    ];
  });
}

/** Members whose budget is what their team gives to each. */
export function spentOfPlainMembers(
  rows: readonly SourceRow[],
  { teams, budgets }: BudgetTerms,
): SpentBefore[] {
  return rows.flatMap((row): SpentBefore[] => {
    const teamId = textIn(row, 'team_id') ?? '';
    const team = teams.get(teamId);
    const picoUsd = spendIn(row);
    if (!team || budgets.has(textIn(row, 'budget_id') ?? '') || picoUsd === 0n) return [];
    if (textIn(team, 'member_budget_usd') === null) return [];
    const duration = textIn(team, 'member_budget_duration');
    const createdAt = timeIn(team, 'created_at') ?? new Date(0);
    const aligned = duration === null ? null : alignedWindows(duration, createdAt.getTime());
    return [
      {
        scope: memberScope(row),
        picoUsd,
        duration: aligned?.duration ?? null,
        startsAt: aligned === null ? createdAt : new Date(aligned.startsAtMs),
      },
    ];
  });
}

export const memberScope = (row: SourceRow): string =>
  `team_member:${textIn(row, 'team_id') ?? ''}:${textIn(row, 'user_id') ?? ''}`;
