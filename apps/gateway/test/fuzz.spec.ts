import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const RUNNER = join(process.cwd(), 'apps/gateway/test/fuzz/run.ts');

interface Line {
  readonly target: string;
  readonly pass: boolean;
  readonly inputs: number;
  readonly findings: readonly unknown[];
}

test('every input that fuzzing has kept is still read as it must be', () => {
  const { stdout, stderr } = spawnSync(process.execPath, [RUNNER, '--replay'], { encoding: 'utf8' });
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
  expect({ stderr, findings: lines.flatMap(({ findings }) => findings) }).toEqual({
    stderr: '',
    findings: [],
  });
  expect(lines.map(({ target }) => target)).toEqual([
    'sse',
    'events',
    'usage',
    'config',
    'path',
    'multipart',
    'journal',
  ]);
  for (const { inputs } of lines) expect(inputs).toBeGreaterThan(3);
});
