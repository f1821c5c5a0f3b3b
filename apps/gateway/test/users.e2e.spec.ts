import { beforeAll, describe, expect } from '@jest/globals';
import { type Answer, type Gateway, listOf, stringOf, until } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite();
let replica: Gateway;

beforeAll(async () => {
  replica = await parts.another();
}, 60_000);

const ask = (path: string, body?: object): Promise<Answer> =>
  parts.gateway.ask(path, body === undefined ? {} : { body });
const status = async (gateway: Gateway, key: string, body: object = {}): Promise<number> =>
  (await gateway.chat(body, { key })).status;

describe('a team on two replicas', () => {
  test('that is blocked on one is refused on the other within a second, and let in again', async () => {
    await ask('/team/new', { team_id: 'red', models: ['gpt-4'] });
    const key = await parts.gateway.key({ team_id: 'red' });
    expect([await status(parts.gateway, key), await status(replica, key)]).toEqual([200, 200]);
    await ask('/team/block', { team_id: 'red' });
    expect(await status(parts.gateway, key)).toBe(401);
    await until('the other refuses it', async () => (await status(replica, key)) === 401, 1_000, 20);
    await ask('/team/unblock', { team_id: 'red' });
    await until('the other lets it in', async () => (await status(replica, key)) === 200, 1_000, 20);
  });

  test('gives its models and no others', async () => {
    const key = await parts.gateway.key({ team_id: 'red' });
    await ask('/team/update', { team_id: 'red', models: ['tts-1'] });
    expect(await status(parts.gateway, key)).toBe(403);
    await until('the other refuses it', async () => (await status(replica, key)) === 403, 1_000, 20);
  });

  test('takes its keys along when it is deleted', async () => {
    const key = await parts.gateway.key({ team_id: 'red' });
    await ask('/team/delete', { team_ids: ['red'] });
    expect(await status(parts.gateway, key)).toBe(401);
    await until('the other refuses it', async () => (await status(replica, key)) === 401, 1_000, 20);
  });
});

describe('a user', () => {
  test('chats with the key that came with him, and sees what it cost', async () => {
    const made = await ask('/user/new', { user_id: 'ada', models: ['gpt-4'] });
    const key = stringOf(made.json?.key);
    expect(await status(parts.gateway, key)).toBe(200);
    const info = await until('the spend is known', async () => {
      const { json } = await parts.gateway.ask('/user/info', { key });
      return Number(json?.user_info?.spend) > 0 && json;
    });
    expect(info).toMatchObject({ user_id: 'ada', keys: [{ user_id: 'ada' }] });
    expect(listOf((await ask('/user/list')).json?.users)).toContainEqual(
      expect.objectContaining({ user_id: 'ada', key_count: 1 }),
    );
  });

  test('who is deleted has no key left on any replica', async () => {
    const key = stringOf((await ask('/user/new', { user_id: 'leaver' })).json?.key);
    expect(await status(replica, key)).toBe(200);
    expect((await ask('/user/delete', { user_ids: ['leaver'] })).text).toBe('1');
    expect(await status(parts.gateway, key)).toBe(401);
    await until('the other refuses it', async () => (await status(replica, key)) === 401, 1_000, 20);
  });
});

describe('management bodies', () => {
  test('are refused in the one error shape, by name', async () => {
    const answer = await ask('/team/new', { team_id: 'x', is_admin: true });
    expect([answer.status, answer.json?.error?.param]).toEqual([400, 'is_admin']);
    expect((await parts.gateway.http.ask('/user/new', { body: {} })).status).toBe(401);
  });
});

describe('an end user', () => {
  test('who is blocked stays so, whatever name the call before has had', async () => {
    await ask('/customer/new', { user_id: 'blocked-one' });
    await ask('/customer/block', { user_ids: ['blocked-one'] });
    const key = await parts.gateway.key({});
    for (const [user, expected] of [
      ['\0', 200],
      ['somebody\0', 200],
      ['\ud800', 200],
      ['blocked-one', 403],
      ['blocked-\0one', 403],
    ] as const)
      expect([user, await status(replica, key, { user })]).toEqual([user, expected]);
  });
});
