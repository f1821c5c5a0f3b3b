import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';

const BUILT = fileURLToPath(new URL('../../../dist/apps/sandbox/src/main.js', import.meta.url));
const NAMES = ['llama-swap', 'openedai-speech', 'styletts2', 'faster-whisper', 'searxng', 'langfuse'];
const started: ChildProcess[] = [];

beforeAll(() => {
  if (!existsSync(BUILT)) throw new Error('build it first: npx nest build sandbox');
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [BUILT, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  started.push(child);
  return child;
}

async function ready(child: ReturnType<typeof start>): Promise<Record<string, string>> {
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return JSON.parse(line.toString('utf8')) as Record<string, string>;
}

const exitOf = async (child: ChildProcess) => ((await once(child, 'exit')) as [number | null])[0];

describe('main', () => {
  test('starts every stand-in on a free port and says so in one line', async () => {
    const { ready: isReady, ...urls } = await ready(start(...NAMES.map((name) => `${name}=0`)));
    expect([isReady, Object.keys(urls)]).toEqual([true, NAMES]);
    for (const url of Object.values(urls)) expect((await fetch(`${url}/__sandbox/open`)).status).toBe(200);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('ends well on %s', async (signal) => {
    const child = start('searxng=0');
    await ready(child);
    child.kill(signal);
    expect(await exitOf(child)).toBe(0);
  });

  test('ends with its parent when told to', async () => {
    const child = start('searxng=0', '--exit-with-parent');
    await ready(child);
    child.stdin.end();
    expect(await exitOf(child)).toBe(0);
  });

  test('does not start what it does not know', async () => {
    const child = start('gopher=0');
    const [complaint] = (await once(child.stderr, 'data')) as [Buffer];
    expect([complaint.toString('utf8'), await exitOf(child)]).toEqual([
      expect.stringContaining('langfuse'),
      2,
    ]);
  });
});
