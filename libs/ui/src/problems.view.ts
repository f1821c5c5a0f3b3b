import { type KeyNearBudget } from '@app/admin';
import { type LedgerStats } from '@app/spend';
import { budgetMeter } from './owners/limits-panel.view.js';
import { paths } from './paths.js';
import { plural, shownDuration, shownPercent } from './shown-values.js';

export interface Problem {
  readonly tone: 'bad' | 'warn';
  readonly title: string;
  readonly text: string;
  readonly label: string;
  readonly href: string;
}

/** A key that is close to the end of its budget, or there. */
export function budgetProblem({ hash, name, budgetUsd, spentPicoUsd }: KeyNearBudget): Problem {
  const meter = budgetMeter(spentPicoUsd, budgetUsd) as { of: string; spent: string; bar: { value: number } };
  const isSpent = meter.bar.value >= 1;
  return {
    tone: isSpent ? 'bad' : 'warn',
    title: isSpent
      ? `${name} has used up its budget.`
      : `${name} has used ${shownPercent(meter.bar.value)} of its budget.`,
    text: `${meter.spent} ${meter.of}. ${isSpent ? 'Its calls get 429.' : 'At 100% its calls get 429.'}`,
    label: 'Open key',
    href: paths.key(hash),
  };
}

const LAG_MS = 30_000;

/** Calls that wait for PostgreSQL, or that nothing takes. */
export function journalProblems(ledger: LedgerStats): Problem[] {
  const open = { label: 'Open journal', href: `${paths.settings}#journal` };
  if (ledger.mode === 'unavailable') {
    return [
      {
        tone: 'bad',
        title: 'Calls cannot be booked.',
        text: 'Neither the journal nor PostgreSQL takes rows, so new calls are refused.',
        ...open,
      },
    ];
  }
  if (ledger.shipperLagMs < LAG_MS) return [];
  return [
    {
      tone: 'warn',
      title: `${plural(ledger.unshippedRows, 'call waits', { many: 'calls wait' })} to be written to PostgreSQL.`,
      text: `The oldest is ${shownDuration(ledger.shipperLagMs)} old. Nothing is lost: they are in the journal.`,
      ...open,
    },
  ];
}
