import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigError } from './config-error.js';
import { ConfigModule } from './config.module.js';
import { ConfigStore, type ReloadResult } from './config-store.js';
import { loadConfig } from './load-config.js';
import { aConfigStore, anAppConfig, ENOUGH_ENVIRONMENT } from './testing.js';

describe('replace', () => {
  test('swaps the configuration whole', () => {
    const store = aConfigStore();
    const next = anAppConfig({ port: 5 });
    store.replace(next);
    expect(store.current).toBe(next);
  });

  test('tells every listener the new and the old one, after the swap', () => {
    const store = aConfigStore({ port: 1 });
    const seen: number[][] = [];
    store.onChange((next, previous) => seen.push([next.port, previous.port, store.current.port]));
    store.replace(anAppConfig({ port: 2 }));
    expect(seen).toEqual([[2, 1, 2]]);
  });

  test('a listener that left is told nothing', () => {
    const store = aConfigStore();
    const listener = jest.fn();
    const leave = store.onChange(listener);
    leave();
    store.replace(anAppConfig());
    expect(listener).not.toHaveBeenCalled();
  });

  test('a listener that throws holds up nobody and is logged', () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const store = aConfigStore();
    const second = jest.fn();
    store.onChange(() => {
      throw new Error('no');
    });
    store.onChange(second);
    store.replace(anAppConfig());
    expect(second).toHaveBeenCalledTimes(1);
    expect(logged).toHaveBeenCalledTimes(1);
    logged.mockRestore();
  });

  test('a listener may leave while it is told', () => {
    const store = aConfigStore();
    const second = jest.fn();
    const leave = store.onChange(() => leave());
    store.onChange(second);
    store.replace(anAppConfig());
    expect(second).toHaveBeenCalledTimes(1);
  });
});

describe('reload', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-config-'));
    path = join(folder, 'config.yaml');
    writeFileSync(path, 'router_settings: {num_retries: 1}');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function storeOf(env: Record<string, string> = { ...ENOUGH_ENVIRONMENT }): ConfigStore {
    const load = (): ReturnType<typeof loadConfig> => loadConfig({ env, configPath: path });
    return new ConfigStore(load(), load);
  }

  function refused(result: ReloadResult): ConfigError {
    if (result.ok) throw new Error('The reload was accepted.');
    return result.error;
  }

  test('takes what the file says now', () => {
    const store = storeOf();
    writeFileSync(path, 'router_settings: {num_retries: 2}');
    expect(store.reload()).toMatchObject({ ok: true, needsRestart: [] });
    expect(store.current.router.numRetries).toBe(2);
  });

  test.each([
    ['no YAML', 'router_settings: {'],
    ['a wrong value', 'router_settings: {num_retries: many}'],
    [
      'a bomb',
      `a: &a [x,x]\n${Array.from({ length: 20 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? 'a' : `b${i - 1}`}, *a, *a]`).join('\n')}\nb: "`,
    ],
  ])('keeps the old one where the file is %s', (_what, text) => {
    const store = storeOf();
    const before = store.current;
    const listener = jest.fn();
    store.onChange(listener);
    writeFileSync(path, text);
    expect(refused(store.reload()).problems[0]?.line).toEqual(expect.any(Number));
    expect(store.current).toBe(before);
    expect(listener).not.toHaveBeenCalled();
  });

  test('keeps the old one where the file is gone, and takes it up again when it is back', () => {
    const store = storeOf();
    rmSync(path);
    expect(refused(store.reload())).toBeInstanceOf(ConfigError);
    writeFileSync(path, 'router_settings: {num_retries: 3}');
    expect(store.reload().ok).toBe(true);
    expect(store.current.router.numRetries).toBe(3);
  });

  test('names what is read only when the process starts', () => {
    const env: Record<string, string> = { ...ENOUGH_ENVIRONMENT };
    const store = storeOf(env);
    Object.assign(env, { PORT: '5000', LITELLM_SALT_KEY: 'another-salt-key-0123456' });
    expect(store.reload()).toMatchObject({ ok: true, needsRestart: ['PORT', 'LITELLM_SALT_KEY'] });
  });

  test('an error that is no judgement of the configuration is not swallowed', () => {
    const store = new ConfigStore(anAppConfig(), () => {
      throw new TypeError('a bug');
    });
    expect(() => store.reload()).toThrow('a bug');
  });
});

describe('ConfigModule', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  test('gives the same store to the whole application', async () => {
    const config = anAppConfig();
    const app = await NestFactory.createApplicationContext(ConfigModule.forRoot(config));
    expect(app.get(ConfigStore).current).toBe(config);
    await app.close();
  });

  test('reloads the file that the configuration came from', async () => {
    const config = anAppConfig({ configPath: '/nowhere/config.yaml' });
    const app = await NestFactory.createApplicationContext(ConfigModule.forRoot(config));
    const result = app.get(ConfigStore).reload();
    await app.close();
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).toContain('There is no file /nowhere/config.yaml.');
  });
});
