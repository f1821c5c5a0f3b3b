import { describe, expect, test } from '@jest/globals';
import { type Caller } from '@app/call';
import { SpendLogsController } from './spend-logs.controller.js';
import { SpendPagesController } from './spend-pages.controller.js';
import { ann, aSpentWeek, bob, nobody, PERIOD } from './testing.js';

const week = aSpentWeek([SpendLogsController, SpendPagesController]);

interface Page {
  readonly data: readonly { readonly session_id: string }[];
  readonly total: number;
  readonly next_cursor: string | null;
}

const idsOf = ({ data }: Page) => data.map(({ session_id: id }) => id);

describe('/spend/logs/v2', () => {
  const page = (query: string, caller?: Caller) =>
    week.get<Page>(`/spend/logs/v2?${PERIOD}&${query}`, caller);
  const ids = async (query: string, caller?: Caller) => idsOf(await page(query, caller));

  test('answers pages with their totals', async () => {
    const { data, ...rest } = await page('page=2&page_size=3');
    expect(data).toHaveLength(1);
    expect(rest).toEqual({
      total: 4,
      page: 2,
      page_size: 3,
      total_pages: 2,
      total_is_capped: false,
      next_cursor: null,
    });
  });

  test('goes on behind a cursor without a row twice', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const found: Page = await page(`page_size=1&cursor=${cursor}`);
      seen.push(...idsOf(found));
      cursor = found.next_cursor;
    }
    expect(seen.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  test.each([
    ['sort_by=spend&sort_order=desc', ['c', 'b', 'a', 'd']],
    ['sort_by=spend&sort_order=asc&status_filter=success', ['a', 'b', 'c']],
    ['status_filter=failure', ['d']],
    ['error_code=500', ['d']],
    ['error_message=100%25', ['d']],
    ['error_message=100_', []],
    ['model=small', ['a']],
    ['model_id=large&status_filter=success&sort_by=spend', ['c', 'b']],
    ['min_spend=1.5&max_spend=2', ['b']],
    ['end_user=%3DEve', ['c']],
    ['team_id=red&user_id=bob', ['b']],
    ['session_id=a', ['a']],
    ['request_id=r-a', ['a']],
    ['api_key=nobody', []],
    [`api_key=${ann.keyHash}&sort_by=total_tokens&sort_order=asc`, ['a', 'c']],
  ])('?%s finds %j', async (query, expected) => {
    const found = await page(query);
    expect([idsOf(found), found.total]).toEqual([expected, expected.length]);
  });

  test('shows a user its own rows, and a key without a user its own', async () => {
    expect(await ids('user_id=bob&sort_by=spend', ann)).toEqual(['c', 'a']);
    expect(await ids('user_id=bob', nobody)).toEqual(['d']);
  });

  test.each([
    ['', 'start_date'],
    ['start_date=2026-01-22', 'end_date'],
    [`${PERIOD}&page=0`, 'page'],
    [`${PERIOD}&page=9999`, 'page'],
    [`${PERIOD}&page_size=1001`, 'page_size'],
    [`${PERIOD}&sort_by=cost`, 'sort_by'],
    [`${PERIOD}&min_spend=-1`, 'min_spend'],
    [`${PERIOD}&cursor=x`, 'cursor'],
    [`${PERIOD}&hidden=1`, 'hidden'],
  ])('?%s is refused by name', async (query, param) => {
    const { status, body } = await week.server.get(`/spend/logs/v2?${query}`);
    expect({ status, body }).toMatchObject({ status: 400, body: { error: { param } } });
  });
});

describe('/spend/logs/export', () => {
  test('is CSV that no spreadsheet executes', async () => {
    const { headers, body } = await week.server.get<string>(`/spend/logs/export?${PERIOD}&end_user=%3DEve`);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [head, line, end] = body.split('\r\n');
    expect(head).toMatch(/^startTime,endTime,request_id,/);
    expect(line).toContain(",'=Eve,");
    expect(end).toBe('');
  });

  test('has what the caller may see', async () => {
    const { body } = await week.server.get<string>(`/spend/logs/export?${PERIOD}`, bob);
    expect(body.split('\r\n')).toHaveLength(3);
  });
});
