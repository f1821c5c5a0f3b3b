import { beforeAll, describe, expect } from '@jest/globals';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configText, deployment, listOf, pause, stringOf, until } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite();
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

const path = (): string => join(parts.gateway.folder, 'config.yaml');
const configured = (...names: string[]): string =>
  configText({ models: [...names, 'gpt-4'].map((name) => deployment(name, 'qwen3-30b-a3b')) });
const ids = async (): Promise<string[]> =>
  listOf((await parts.gateway.ask('/v1/models', { key })).json?.data).map(({ id }) => stringOf(id));
const listed = (name: string): Promise<unknown> =>
  until(`${name} is listed`, async () => (await ids()).includes(name), 10_000, 50);

describe('a config.yaml that changes', () => {
  test('is in effect within seconds, written in place or moved there', async () => {
    writeFileSync(path(), configured('in-place'));
    await listed('in-place');
    writeFileSync(`${path()}.new`, configured('moved-in'));
    renameSync(`${path()}.new`, path());
    await listed('moved-in');
    expect(await ids()).not.toContain('in-place');
  });

  test('is in effect at once on SIGHUP', async () => {
    writeFileSync(path(), configured('hung-up'));
    process.kill(parts.gateway.pid, 'SIGHUP');
    await until('it is listed', async () => (await ids()).includes('hung-up'), 900, 20);
  });

  test('and cannot be used leaves the old one in effect, and says why, with line and column', async () => {
    writeFileSync(path(), configured('kept'));
    await listed('kept');
    writeFileSync(
      path(),
      'model_list:\n  - model_name: broken\n    litellm_params: {model: 5, api_base: "file:///x"}\n',
    );
    await until(
      'the log tells of it',
      () => /The old configuration stays in effect[^]*config\.yaml:3:\d+/.test(parts.gateway.child.tail()),
      10_000,
      100,
    );
    writeFileSync(path(), 'model_list: [\n\t}');
    await pause(2_500);
    expect(await ids()).toContain('kept');
    expect((await parts.gateway.chat({ model: 'kept' }, { key })).status).toBe(200);
    writeFileSync(path(), configured('mended'));
    await listed('mended');
  }, 30_000);

  test('fails no request and cuts no stream, however often', async () => {
    let goesOn = true;
    const statuses = new Map<string, number>();
    const client = async (stream: boolean): Promise<void> => {
      while (goesOn) {
        const { status, text } = await parts.gateway.chat({ model: 'gpt-4', stream }, { key });
        const outcome = `${status} ${stream ? text.trimEnd().endsWith('[DONE]') : text.includes('"choices"')}`;
        statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
      }
    };
    const clients = [true, true, false, false].map(client);
    for (let i = 0; i < 30; i += 1) {
      writeFileSync(path(), i % 3 === 2 ? 'model_list: {' : configured(`round-${i}`));
      process.kill(parts.gateway.pid, 'SIGHUP');
      await pause(50);
    }
    goesOn = false;
    await Promise.all(clients);
    expect([...statuses.keys()]).toEqual(['200 true']);
    expect(statuses.get('200 true')).toBeGreaterThan(30);
  }, 30_000);
});
