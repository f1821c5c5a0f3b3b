import { type SpendLogRow } from '@app/spend';
import { callRows } from './calls.view.js';
import { paths } from './paths.js';
import { type LogQuery, logsHref } from './read-log-query.js';
import { shownTime } from './shown-values.js';

/** Words have no index: they are looked for in the errors of so many days. */
export const ERROR_DAYS = 7;

const RESULTS = [
  { label: 'All', result: null },
  { label: 'Answered', result: 'success' },
  { label: 'Errors', result: 'failure' },
] as const;

/** The list of calls, its filters and the way to the next page. */
export function logsView(query: LogQuery, rows: readonly SpendLogRow[], next: string | null): object {
  const { id, model, key, user, error, result, after } = query;
  const isFiltered = [id, model, key, user, error].some((value) => value !== '') || result !== null;
  const [newest, oldest] = [rows[0], rows.at(-1)];
  return {
    subtitle:
      error === ''
        ? 'Every call, with what it took and cost. Newest first.'
        : `Errors of the last ${ERROR_DAYS} days with these words. Newest first.`,
    action: paths.logs,
    filter: { id, model, key, user, error },
    result,
    isFiltered,
    isFirstPage: after === null,
    clear: { href: paths.logs },
    results: RESULTS.map((one) => ({
      label: one.label,
      href: logsHref({ ...query, result: one.result, after: null }),
      isCurrent: one.result === result,
    })),
    calls: callRows(rows),
    pager: {
      text: newest && oldest ? `${textOf(oldest)} to ${textOf(newest)}` : '',
      first: after !== null && { href: logsHref({ ...query, after: null }) },
      next: next !== null && { href: logsHref({ ...query, after: next }) },
    },
    empty: isFiltered
      ? {
          icon: 'search',
          title: 'No call matches',
          text:
            error === ''
              ? 'Nothing that is kept fits all of these filters.'
              : `No error of the last ${ERROR_DAYS} days has these words and fits the other filters.`,
          label: 'Remove the filters',
          href: paths.logs,
        }
      : {
          icon: 'list',
          title: 'No calls yet',
          text: 'Each call shows up here within a second of its end: who asked, which model answered, what it took and what it cost.',
          label: 'Try one in the playground',
          href: paths.playground,
        },
  };
}

const textOf = (row: SpendLogRow): string => `${shownTime(new Date(row.startTime), 'time').text} UTC`;
