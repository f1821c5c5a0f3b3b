import { describe, expect } from '@jest/globals';
import { listOf, stringOf } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite();
const audit = (query = '', key?: string) =>
  parts.gateway.ask(`/audit${query}`, key === undefined ? {} : { key });

describe('the audit log', () => {
  test('tells the life of a key: who, what, from where, before and after, and no secret', async () => {
    const key = await parts.gateway.key({
      max_budget: 1,
      metadata: { logging: { langfuse_secret_key: 'sk-lf-very-secret-000000' } },
    });
    await parts.gateway.ask('/key/update', {
      body: { key, max_budget: 2 },
      headers: { 'litellm-changed-by': 'ann@example.com' },
    });
    const renewed = stringOf((await parts.gateway.ask('/key/regenerate', { body: { key } })).json?.key);
    await parts.gateway.ask('/key/block', { body: { key: renewed } });
    await parts.gateway.ask('/key/delete', { body: { keys: [renewed] } });
    const { json, text } = await audit('?entity=key&limit=5');
    const entries = listOf(json?.entries);
    expect(entries.map(({ action }) => action)).toEqual([
      'key.deleted',
      'key.blocked',
      'key.regenerated',
      'key.updated',
      'key.generated',
    ]);
    expect(entries[3]).toMatchObject({
      actor: { kind: 'master', user_id: 'default_user_id' },
      address: '127.0.0.1',
      changed_by: 'ann@example.com',
      before: { max_budget: 1 },
      after: { max_budget: 2 },
    });
    expect(entries[4]).toMatchObject({ before: null });
    expect(entries[0]).toMatchObject({ after: null });
    for (const secret of [key, renewed, 'very-secret']) expect(text).not.toContain(secret);
  });

  test('holds nothing of what was refused', async () => {
    const before = listOf((await audit('?limit=1')).json?.entries)[0]?.id;
    expect(
      (await parts.gateway.ask('/key/update', { body: { key: 'f'.repeat(64), rpm_limit: 1 } })).status,
    ).toBe(404);
    expect((await parts.gateway.ask('/key/generate', { body: { rpm_limit: -1 } })).status).toBe(400);
    expect(listOf((await audit('?limit=1')).json?.entries)[0]?.id).toBe(before);
  });

  test('can be proved whole, and shows what was cut out of it', async () => {
    for (let i = 0; i < 3; i++) await parts.gateway.key({});
    expect((await audit('/verify')).json).toMatchObject({ ok: true, problems: [] });
    await parts.database.query('ALTER TABLE audit_log DISABLE TRIGGER ALL');
    await parts.database.query('DELETE FROM audit_log WHERE id = 2');
    expect((await audit('/verify')).json).toMatchObject({ ok: false, problems: ['Entry 2 is missing.'] });
  });

  test('is for administrators', async () => {
    const key = await parts.gateway.key({});
    for (const path of ['', '/verify']) {
      expect((await audit(path, key)).status).toBe(403);
      expect((await parts.gateway.http.ask(`/audit${path}`, {})).status).toBe(401);
    }
  });
});
