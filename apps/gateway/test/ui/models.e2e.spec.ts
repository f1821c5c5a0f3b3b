import { beforeAll, describe, expect } from '@jest/globals';
import { until } from '../harness.ts';
import { suite, test } from '../harness/suite.ts';
import { Visitor } from './browsing.ts';

const parts = suite({}, { env: { STORE_MODEL_IN_DB: 'True' } });
const CREDENTIAL = 'sk-backend-canary-0815';
let admin: Visitor;

beforeAll(async () => {
  admin = await Visitor.signedIn(parts.gateway);
});

const fields = (): Record<string, string> => ({
  model_name: 'from the browser',
  mode: 'chat',
  model: 'openai/qwen3-30b-a3b',
  api_base: `${parts.llamaSwap.url}/v1`,
  api_key: CREDENTIAL,
  input_cost_per_token: '2',
  output_cost_per_token: '10',
});

test('a model of the file shows how it does and where each setting stands, and is not changed here', async () => {
  const page = await admin.get('/ui/models/name/gpt-4');
  expect(page.status).toBe(200);
  for (const text of ['config.yaml', 'Until the first token', 'router_settings or default', 'Send hello'])
    expect(page.text).toContain(text);
  expect(page.text).not.toContain('/ui/models/stored/');
  expect((await admin.get('/ui/models')).text).toContain('href="/ui/models/name/gpt-4"');
  for (const path of ['/ui/models/name/no-such-model-', '/ui/models/stored/none/edit'])
    expect([200, 404]).toContain((await admin.get(path)).status);
});

test('a hello tells the answer, the time and the deployment', async () => {
  const page = await admin.post('/ui/models/name/gpt-4/test', {});
  expect(page.status).toBe(200);
  for (const text of ['It answers', '<dt>Took</dt>', '<dt>Deployment</dt>'])
    expect(page.text).toContain(text);
  await parts.llamaSwap.next({ status: 400 });
  const failed = await admin.post('/ui/models/name/gpt-4/test', {});
  expect(failed.status).toBe(200);
  expect(failed.text).toContain('It did not answer');
});

describe('a model of the database', () => {
  test('is added, answers with its price, is edited, and deleted; its credential is never shown', async () => {
    const made = await admin.post('/ui/models/new', fields());
    expect({ status: made.status, text: made.status === 303 ? '' : made.text }).toEqual({
      status: 303,
      text: '',
    });
    const path = String(made.headers['location']);
    const page = await admin.get(path);
    for (const text of ['database', '$2.00 / $10.00', 'qwen3-30b-a3b']) expect(page.text).toContain(text);
    const hello = await admin.post(`${path.split('?')[0] ?? ''}/test`, {});
    expect(hello.text).toMatch(/<dt>Cost<\/dt><dd>\$0\.\d{6}<\/dd>/);

    const edit = /href="(\/ui\/models\/stored\/[^"]+\/edit)"/.exec(page.text)?.[1] ?? '';
    const form = await admin.get(edit);
    expect(form.text).toContain('value="2"');
    const renamed = { ...fields(), model_name: 'renamed', api_key: '', input_cost_per_token: '', rpm: '9' };
    expect((await admin.post(edit, renamed)).status).toBe(303);
    const changed = await until('the change is in force', async () => {
      const shown = await admin.get('/ui/models/name/renamed');
      return shown.status === 200 && shown.text.includes('9 a minute') && shown;
    });
    // The key of the backend is still there, though the form came without one.
    expect(changed.text).toMatch(/Key of the backend<\/th><td role="cell">Set/);
    for (const shown of [
      page,
      form,
      changed,
      hello,
      await admin.get('/ui/models'),
      await admin.get('/ui/audit'),
    ])
      expect(shown.text).not.toContain(CREDENTIAL);

    expect((await admin.post(edit.replace(/edit$/, 'delete'), {})).status).toBe(303);
    await until('the model is gone', async () => !(await admin.get('/ui/models')).text.includes('renamed'));
  });

  test('with mistakes is refused at their fields, with what was typed but the credential', async () => {
    const page = await admin.post('/ui/models/new', {
      ...fields(),
      model: '',
      input_cost_per_token: 'cheap',
    });
    expect(page.status).toBe(422);
    for (const id of ['model', 'input_cost_per_token']) expect(page.text).toContain(`id="${id}-e"`);
    expect(page.text).toContain('value="cheap"');
    expect(page.text).not.toContain(CREDENTIAL);
    const odd = await admin.post('/ui/models/new', { ...fields(), api_base: 'javascript:alert(1)' });
    expect(odd.status).toBe(422);
    expect(odd.text).not.toContain('href="javascript');
  });
});

test('for others there is no such page', async () => {
  const holder = await Visitor.signedIn(parts.gateway, await parts.gateway.key());
  expect((await holder.get('/ui/models/name/gpt-4')).status).toBe(404);
  for (const path of ['/ui/models/name/gpt-4/test', '/ui/models/new', '/ui/models/stored/x/delete'])
    expect((await holder.post(path, {})).status).toBe(404);
});
