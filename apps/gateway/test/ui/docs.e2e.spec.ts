import { beforeAll, describe, expect } from '@jest/globals';
import { suite, test } from '../harness/suite.ts';
import { Visitor } from './browsing.ts';

const parts = suite();
let admin: Visitor;

beforeAll(async () => {
  admin = await Visitor.signedIn(parts.gateway);
}, 60_000);

type Document = { paths: Record<string, Record<string, { operationId: string }>> };

describe('the API docs', () => {
  test('are for who has signed in, and lead back after that', async () => {
    const stranger = new Visitor(parts.gateway.url);
    const shown = await stranger.get('/docs');
    expect(shown.status).toBe(303);
    expect(shown.headers['location']).toBe('/ui/login?next=%2Fdocs');
  });

  test('list every route of the OpenAPI document under a policy that allows no script of its own', async () => {
    const { status, text, headers } = await admin.get('/docs');
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toContain("script-src 'self'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(Buffer.byteLength(text)).toBeLessThan(300_000);
    const { json } = await parts.gateway.ask('/openapi.json');
    const { paths } = json as unknown as Document;
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map((one) => one.operationId),
    );
    expect(ids.length).toBeGreaterThan(100);
    for (const id of ids) expect(text).toContain(`href="/docs/${id}"`);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('show what a route takes, what it answers, and how to call it', async () => {
    const { status, text } = await admin.get('/docs/post_key_generate');
    expect(status).toBe(200);
    for (const said of ['max_budget', 'rotation_interval', 'one of default, llm_api', '429', 'curl -X POST'])
      expect(text).toContain(said);
    const chat = await admin.get('/docs/post_v1_chat_completions');
    expect(chat.text).toContain('required');
    expect(chat.text).toContain('Other fields go to the backend');
  });

  test('show each route without an error', async () => {
    const { json } = await parts.gateway.ask('/openapi.json');
    const { paths } = json as unknown as Document;
    for (const methods of Object.values(paths))
      for (const { operationId } of Object.values(methods))
        expect([operationId, (await admin.get(`/docs/${operationId}`)).status]).toEqual([operationId, 200]);
  });

  test('are open to the holder of a key, and give the document itself', async () => {
    const holder = await Visitor.signedIn(parts.gateway, await parts.gateway.key({}));
    expect((await holder.get('/docs')).status).toBe(200);
    const { status, text } = await holder.get('/docs/openapi.json');
    expect(status).toBe(200);
    expect((JSON.parse(text) as { openapi: string }).openapi).toBe('3.1.0');
    expect((await holder.get('/docs/nothing')).status).toBe(404);
  });
});
