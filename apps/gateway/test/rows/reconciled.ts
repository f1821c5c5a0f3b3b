import { pause, until } from '../harness.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

interface Report {
  readonly unexplained: string;
  readonly differences: number;
  readonly rows: number;
  readonly spent: string;
  readonly journal: { readonly waitingRows: number } | null;
}

/** Journal, rows, daily totals, totals of keys and the metric tell the same money. */
async function booksAgree(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const keys = [await gateway.key({ user_id: 'one' }), await gateway.key({ user_id: 'two' })];
  const traffic = new Traffic({
    gateway: () => gateway,
    keys,
    clients: 8,
    random: seeded(field.seed),
    streams: 0.5,
    pauseMs: 5,
  });
  await pause(field.long ? 60_000 : 5_000);
  const seen = await traffic.stop();
  const report = await until(
    'every row has arrived',
    async () => {
      const { json } = await gateway.ask('/spend/reconcile');
      const found = json as unknown as Report;
      return found.rows >= seen.complete.length && found.journal?.waitingRows === 0 && found;
    },
    30_000,
  );
  const { text } = await gateway.ask('/metrics');
  const metric = [...text.matchAll(/^litellm_spend_metric(?:_total)?(?:\{.*\})? (\S+)$/gm)];
  const counted = metric.reduce((sum, [, value]) => sum + Number(value), 0);
  const isSame = Math.abs(counted - Number(report.spent)) < 1e-9;
  return {
    pass: report.unexplained === '0' && report.differences === 0 && isSame && seen.complete.length > 0,
    measured: {
      answered: seen.complete.length,
      rows: report.rows,
      spent: report.spent,
      metric: counted,
      unexplained: report.unexplained,
      differences: report.differences,
    },
  };
}

export const RECONCILED_ROWS: readonly Row[] = [
  {
    id: 'A11',
    promise: 'journal = rows = totals = metric',
    bar: 'unexplained 0, no difference, the metric to a billionth of a dollar',
    run: booksAgree,
  },
];
