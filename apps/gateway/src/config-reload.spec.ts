import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { type AppConfig, ConfigError, ConfigStore } from '@app/config';
import { anAppConfig } from '@testing/config';
import { ConfigReload } from './config-reload.js';

let folder: string;
let path: string;
let loads: number;
let load: () => AppConfig;
let reload: ConfigReload;

beforeEach(() => {
  Logger.overrideLogger(false);
  folder = mkdtempSync(join(tmpdir(), 'reload-'));
  path = join(folder, 'config.yaml');
  writeFileSync(path, 'one');
  const config = anAppConfig({ configFiles: [path] });
  loads = 0;
  load = () => config;
  reload = new ConfigReload(
    new ConfigStore(config, () => {
      loads += 1;
      return load();
    }),
  );
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('files that stay the same are read once', () => {
  for (let i = 0; i < 5; i += 1) reload.check();
  expect(loads).toBe(0);
});

test('a file that is still being written is not read', () => {
  for (let i = 0; i < 5; i += 1) {
    writeFileSync(path, 'x'.repeat(10 + i));
    reload.check();
  }
  expect(loads).toBe(0);
  reload.check();
  expect(loads).toBe(1);
});

test('a file that cannot be used is judged once, and again when it changes', () => {
  load = () => {
    throw new ConfigError([]);
  };
  writeFileSync(path, 'broken');
  for (let i = 0; i < 5; i += 1) reload.check();
  expect(loads).toBe(1);
  writeFileSync(path, 'broken again');
  for (let i = 0; i < 5; i += 1) reload.check();
  expect(loads).toBe(2);
  expect(reload.reload()).toBe(false);
});

test('a file that is away for a moment is no reason to stop', () => {
  rmSync(path);
  reload.check();
  writeFileSync(path, 'back');
  reload.check();
  reload.check();
  expect(loads).toBe(1);
});
