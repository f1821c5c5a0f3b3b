import { describe, expect, test } from '@jest/globals';
import { type Caller } from '@app/call';
import { GlobalReportController } from './global-report.controller.js';
import { GlobalSpendController } from './global-spend.controller.js';
import { SpendListsController } from './spend-lists.controller.js';
import { ann, aSpentWeek, bob, nobody, PERIOD } from './testing.js';

const week = aSpentWeek([GlobalReportController, GlobalSpendController, SpendListsController]);

const get = (path: string, caller?: Caller) => week.get<object>(path, caller);

describe('lists', () => {
  test('/spend/keys has keys, the dearest first', async () => {
    expect(await get('/spend/keys')).toMatchObject([
      { token: ann.keyHash, key_alias: 'laptop', spend: 5, max_budget: null, user_id: 'ann', team_id: 'red' },
      { token: bob.keyHash, spend: 2 },
    ]);
    expect(await get('/spend/keys', bob)).toMatchObject([{ token: bob.keyHash }]);
    expect(await get('/spend/keys', nobody)).toEqual([]);
  });

  test('/spend/users has users', async () => {
    expect(await get('/spend/users')).toMatchObject([
      { user_id: 'ann', user_email: 'ann@example.com', spend: 5 },
      { user_id: 'bob', spend: 2 },
    ]);
    expect(await get('/spend/users?user_id=bob')).toMatchObject([{ user_id: 'bob' }]);
    expect(await get('/spend/users?user_id=bob', ann)).toMatchObject([{ user_id: 'ann' }]);
    expect(await get('/spend/users', nobody)).toEqual([]);
  });

  test('/spend/tags has tags, of all time or of a period', async () => {
    const tag = (name: string, count: number, spend: number) => ({
      individual_request_tag: name,
      log_count: count,
      total_spend: spend,
    });
    expect(await get('/spend/tags')).toEqual([tag('x', 2, 3), tag('y', 1, 1)]);
    expect(await get('/spend/tags?start_date=2026-01-23&end_date=2026-01-24')).toEqual([]);
    expect(await get('/spend/tags', ann)).toEqual([tag('x', 1, 1), tag('y', 1, 1)]);
  });
});

describe('/global/spend', () => {
  test('is all that was ever spent', async () => {
    expect(await get('/global/spend')).toEqual({ spend: 7, max_budget: 0 });
    expect(await get('/global/spend', ann)).toEqual({ spend: 5, max_budget: 0 });
  });

  test.each([
    [
      'logs',
      [
        { date: '2026-01-22', spend: 3 },
        { date: '2026-01-24', spend: 4 },
      ],
    ],
    [`logs?api_key=${bob.keyHash}`, [{ date: '2026-01-22', spend: 2, api_key: bob.keyHash }]],
    [
      'keys?limit=2',
      [
        { api_key: ann.keyHash, key_alias: 'laptop', key_name: 'sk-...1111', total_spend: 5 },
        { api_key: bob.keyHash, key_alias: null, key_name: 'sk-...2222', total_spend: 2 },
      ],
    ],
    ['models?limit=1', [{ model: 'large', total_spend: 6 }]],
    ['provider', [{ provider: 'openai', spend: 7 }]],
    [
      'teams',
      {
        daily_spend: [
          { date: '2026-01-22', 'The Reds': 3 },
          { date: '2026-01-24', 'The Reds': 4, '': 0 },
        ],
        teams: ['The Reds', ''],
        total_spend_per_team: [
          { team_id: 'The Reds', total_spend: 7 },
          { team_id: '', total_spend: 0 },
        ],
      },
    ],
    ['tags?tags=y', { spend_per_tag: [{ name: 'y', spend: 1, log_count: 1 }] }],
  ])('/%s', async (path, expected) => {
    expect(await get(`/global/spend/${path}${path.includes('?') ? '&' : '?'}${PERIOD}`)).toEqual(expected);
  });

  test('without dates is of the last 30 days', async () => {
    expect(await get('/global/spend/models')).toEqual([]);
  });

  test('/all_tag_names', async () => {
    expect(await get('/global/spend/all_tag_names')).toEqual({ tag_names: ['x', 'y'] });
  });

  test('/end_users, of everybody or of one key', async () => {
    const of = async (body: object) =>
      (
        await week.server.post('/global/spend/end_users', {
          startTime: '2026-01-22',
          endTime: '2026-01-24',
          ...body,
        })
      ).body;
    expect(await of({})).toEqual([{ end_user: '=Eve', total_count: 1, total_spend: 4 }]);
    expect(await of({ api_key: bob.keyHash })).toEqual([]);
  });

  test('/reset is refused: what was spent stays on the books', async () => {
    expect(await week.server.post('/global/spend/reset', {})).toMatchObject({ status: 400 });
    expect(await get('/global/spend')).toMatchObject({ spend: 7 });
  });

  test.each(['', '/logs', '/keys', '/models', '/provider', '/teams', '/tags', `/report?${PERIOD}`])(
    '%s is closed to a key that stands for no user',
    async (path) => {
      expect(await week.server.get(`/global/spend${path}`, nobody)).toMatchObject({ status: 403 });
    },
  );
});

describe('/global/spend/report', () => {
  const report = async (query: string, caller?: Caller) =>
    get(`/global/spend/report?${PERIOD}&${query}`, caller);
  const share = (model: string, { keyHash }: Caller, spend: number) => ({
    model,
    api_key: keyHash,
    spend,
    total_tokens: 21,
  });

  test('by team', async () => {
    expect(await report('')).toEqual([
      {
        group_by_day: '2026-01-22',
        teams: [
          {
            team_name: 'The Reds',
            total_spend: 3,
            metadata: [share('large', bob, 2), share('small', ann, 1)],
          },
        ],
      },
      {
        group_by_day: '2026-01-24',
        teams: [
          { team_name: 'The Reds', total_spend: 4, metadata: [share('large', ann, 4)] },
          { team_name: '', total_spend: 0, metadata: [share('large', nobody, 0)] },
        ],
      },
    ]);
  });

  test('by customer', async () => {
    expect(await report('group_by=customer')).toEqual([
      {
        group_by_day: '2026-01-24',
        customers: [{ customer: '=Eve', total_spend: 4, metadata: [share('large', ann, 4)] }],
      },
    ]);
    expect(await report('group_by=customer&customer_id=Adam')).toEqual([]);
  });

  test('by key', async () => {
    expect(await report('group_by=api_key&internal_user_id=bob')).toEqual([
      {
        api_key: bob.keyHash,
        total_cost: 2,
        total_input_tokens: 9,
        total_output_tokens: 12,
        model_details: [{ model: 'large', total_cost: 2, total_input_tokens: 9, total_output_tokens: 12 }],
      },
    ]);
  });

  test('of a user is of what the user spent', async () => {
    expect(await report('group_by=api_key&internal_user_id=bob', ann)).toMatchObject([
      { api_key: ann.keyHash, total_cost: 5 },
    ]);
  });

  test.each(['group_by=team', 'start_date=2026-01-01&end_date=x', `${PERIOD}&group_by=model`])(
    '?%s is refused',
    async (query) => {
      expect(await week.server.get(`/global/spend/report?${query}`)).toMatchObject({ status: 400 });
    },
  );
});
