import { describe, expect, test } from '@jest/globals';
import { type Caller } from '@app/call';
import { ActivityController } from './activity.controller.js';
import { GlobalActivityController } from './global-activity.controller.js';
import { ann, aSpentWeek, bob, nobody, PERIOD } from './testing.js';

const week = aSpentWeek([ActivityController, GlobalActivityController]);

const get = (path: string, caller?: Caller) => week.get<object>(path, caller);

describe('/global/activity', () => {
  test('counts requests and tokens per day', async () => {
    expect(await get(`/global/activity?${PERIOD}`)).toEqual({
      daily_data: [
        { date: 'Jan 22', api_requests: 2, total_tokens: 42 },
        { date: 'Jan 24', api_requests: 2, total_tokens: 42 },
      ],
      sum_api_requests: 4,
      sum_total_tokens: 84,
    });
  });

  test('by model has the busiest first', async () => {
    expect(await get(`/global/activity/model?${PERIOD}`)).toMatchObject([
      { model: 'large', sum_api_requests: 3, daily_data: [{ api_requests: 1 }, { api_requests: 2 }] },
      { model: 'small', sum_api_requests: 1 },
    ]);
  });

  test('needs its dates', async () => {
    expect(await week.server.get('/global/activity')).toMatchObject({
      status: 400,
      body: { error: { param: 'start_date' } },
    });
  });
});

describe('daily activity', () => {
  const metrics = (spend: number, requests: number, failed = 0) => ({
    spend,
    prompt_tokens: 9 * requests,
    completion_tokens: 12 * requests,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    total_tokens: 21 * requests,
    successful_requests: requests - failed,
    failed_requests: failed,
    api_requests: requests,
  });

  test('of a user has the shape of the contract', async () => {
    const key = {
      [ann.keyHash]: { metrics: metrics(4, 1), metadata: { key_alias: 'laptop', team_id: 'red' } },
    };
    const slice = { metrics: metrics(4, 1), metadata: {}, api_key_breakdown: key };
    expect(await get(`/user/daily/activity?${PERIOD}&user_id=ann&page_size=1`)).toEqual({
      results: [
        {
          date: '2026-01-24',
          metrics: metrics(4, 1),
          breakdown: {
            models: { large: slice },
            model_groups: { 'gpt-4': slice },
            providers: { openai: slice },
            endpoints: { '/v1/chat/completions': slice },
            mcp_servers: {},
            api_keys: key,
            entities: {},
          },
        },
      ],
      metadata: {
        total_spend: 5,
        total_prompt_tokens: 18,
        total_completion_tokens: 24,
        total_tokens: 42,
        total_api_requests: 2,
        total_successful_requests: 2,
        total_failed_requests: 0,
        total_cache_read_input_tokens: 0,
        total_cache_creation_input_tokens: 0,
        page: 1,
        total_pages: 2,
        has_more: true,
      },
    });
  });

  test('of a user is its own, whatever it asks for', async () => {
    expect(await get(`/user/daily/activity?${PERIOD}&user_id=ann`, bob)).toMatchObject({
      metadata: { total_spend: 2 },
    });
    expect(await get(`/user/daily/activity?${PERIOD}&user_id=ann`, nobody)).toMatchObject({
      metadata: { total_spend: 0, total_failed_requests: 1 },
    });
  });

  test('of everybody at once', async () => {
    expect(await get(`/user/daily/activity/aggregated?${PERIOD}&page_size=1`)).toMatchObject({
      results: [{ date: '2026-01-24' }, { date: '2026-01-22' }],
      metadata: { total_spend: 7, has_more: false },
    });
  });

  test('of a team names it', async () => {
    const named = { metadata: { team_alias: 'The Reds' } };
    expect(await get(`/team/daily/activity?${PERIOD}&team_ids=red`)).toMatchObject({
      results: [
        { breakdown: { entities: { red: { ...named, metrics: metrics(4, 1) } } } },
        { breakdown: { entities: { red: { ...named, metrics: metrics(3, 2) } } } },
      ],
    });
  });

  test('of a team is whole for who administers it, and its own for a member', async () => {
    const spent = { bob: 7, ann: 5 };
    for (const caller of [bob, ann]) {
      const total = spent[caller === bob ? 'bob' : 'ann'];
      expect(await get(`/team/daily/activity?${PERIOD}`, caller)).toMatchObject({
        metadata: { total_spend: total },
      });
    }
  });

  test.each([
    ['team_ids=blue', ann],
    ['team_ids=red,blue', bob],
    ['', nobody],
  ])('of a team is closed to strangers: %s', async (query, caller) => {
    expect(await week.server.get(`/team/daily/activity?${PERIOD}&${query}`, caller)).toMatchObject({
      status: 403,
    });
  });

  test('of tags and of customers', async () => {
    expect(await get(`/tag/daily/activity?${PERIOD}&tags=x`)).toMatchObject({
      results: [{ date: '2026-01-22', breakdown: { entities: { x: { metrics: metrics(3, 2) } } } }],
      metadata: { total_api_requests: 2 },
    });
    expect(await get(`/customer/daily/activity?${PERIOD}`)).toMatchObject({
      results: [{ date: '2026-01-24', breakdown: { entities: { '=Eve': { metrics: metrics(4, 1) } } } }],
    });
  });
});
