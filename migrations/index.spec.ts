import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { migrations } from './index.js';

test('every migration of this folder is run, each once', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => /^\d+-.*(?<!\.spec)\.ts$/.test(name));
  const stamps = migrations.map(({ name }) => name.replace(/^\D+/, ''));
  expect([...stamps].sort()).toEqual(files.map((name) => name.split('-')[0]).sort());
});
