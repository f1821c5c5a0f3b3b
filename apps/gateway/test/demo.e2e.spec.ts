import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { filesIn } from './harness/artefacts.ts';
import { found } from './harness/canaries.ts';
import { recording } from './harness/recordings.ts';

const DEMO = 'dist/apps/gateway/src/commands/demo.js';
const GUIDE_BLOCK = /<!-- runs -->\s+```bash\n([\s\S]*?)```/g;
const PATIENCE_MS = 60_000;
const KEPT = ['master-key', 'salt-key', 'virtual-key'];
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

interface Demo {
  readonly child: ChildProcess;
  readonly output: string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** Starts the demo and waits for its last line, or for its end. */
async function startDemo(port: number, folder: string, more: Record<string, string> = {}): Promise<Demo> {
  const child = spawn(process.execPath, [DEMO], {
    env: {
      PATH: process.env['PATH'] ?? '',
      PORT: String(port),
      DATA_DIR: folder,
      LITELLM_LOG: 'DEBUG',
      ...more,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const seen = Promise.withResolvers<undefined>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Ctrl-C stops everything')) seen.resolve(undefined);
    });
  }
  await Promise.race([seen.promise, once(child, 'close')]);
  return {
    child,
    get output() {
      return output;
    },
  };
}

async function stop({ child }: Demo): Promise<number | null> {
  const end = once(child, 'exit');
  child.kill('SIGINT');
  await end;
  return child.exitCode;
}

const running = (text: string): string[] =>
  spawnSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line.includes(text));
const word = (output: string, name: string): string =>
  new RegExp(`${name}\\s+(\\S+)`).exec(output)?.[1] ?? '';
const run = promisify(execFile);

describe('npm run demo', () => {
  let folder = '';
  let port = 0;
  let demo: Demo;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-demo-'));
    port = await freePort();
    // What the commands for transcription send.
    for (const name of ['audio.wav', 'recording.mp3']) writeFileSync(join(folder, name), recording());
    demo = await startDemo(port, folder);
  }, PATIENCE_MS);

  afterAll(async () => {
    if (demo.child.exitCode === null) await stop(demo);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }, PATIENCE_MS);

  test('prints the address of the pages, both keys, and keeps the secrets to its owner', () => {
    expect(demo.output).toContain(`http://127.0.0.1:${port}/ui`);
    expect(word(demo.output, 'Master key')).toMatch(/^sk-.{20,}$/);
    expect(word(demo.output, 'Virtual key')).toMatch(/^sk-.{20,}$/);
    expect(statSync(join(folder, 'master-key')).mode & 0o077).toBe(0);
  });

  test('prints a curl line that works when pasted', async () => {
    if (!has('curl')) {
      console.warn('skipped: there is no curl here');
      return;
    }
    const line = /curl -s[\s\S]*?\}'\n/.exec(demo.output)?.[0] ?? '';
    const { stdout } = await run('bash', ['-c', line]);
    expect(JSON.parse(stdout)).toMatchObject({
      model: 'gpt-4',
      choices: [{ message: { role: 'assistant' } }],
    });
  });

  const blocks = [...readFileSync('USER_GUIDE.md', 'utf8').matchAll(GUIDE_BLOCK)].map(
    ([, block = '']) => block,
  );

  test.each(blocks)('serves the command of the user guide: %s', async (block) => {
    if (!has('curl')) {
      console.warn('skipped: there is no curl here');
      return;
    }
    if (!has('jq') && block.includes('$(')) {
      console.warn('skipped: there is no jq here');
      return;
    }
    const script = block.replaceAll('localhost:4000', `127.0.0.1:${port}`);
    const { stdout } = await run(
      'bash',
      ['-e', '-o', 'pipefail', '-c', has('jq') ? script : script.replace(/\| jq.*$/gm, '')],
      {
        cwd: folder,
        env: {
          ...process.env,
          LITELLM_MASTER_KEY: word(demo.output, 'Master key'),
          API_KEY: word(demo.output, 'Virtual key'),
        },
      },
    );
    expect(stdout).not.toContain('"error"');
  });

  test('says in one sentence that the port is taken', async () => {
    const other = mkdtempSync(join(tmpdir(), 'gateway-demo-'));
    const second = await startDemo(port, other);
    if (second.child.exitCode === null) await once(second.child, 'exit');
    rmSync(other, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    expect(second.child.exitCode).not.toBe(0);
    expect(second.output).toContain(`Port ${port} on 127.0.0.1 is taken`);
    expect(second.output).not.toContain('    at ');
    expect(running(other)).toEqual([]);
  });

  test('ends with Ctrl-C and leaves nothing running', async () => {
    expect(await stop(demo)).toBe(0);
    expect(running(folder)).toEqual([]);
  });

  test('keeps its keys in files of their own: no other file, no table and no line of its log has them', () => {
    const secrets = KEPT.map((name) => ({ name, value: readFileSync(join(folder, name), 'utf8').trim() }));
    const others = filesIn(folder).filter(({ name }) => !KEPT.includes(name.replace('file ', '')));
    const lines = demo.output.split('\n').filter((line) => line.startsWith('{'));
    expect([others.length > 500, lines.length > 50]).toEqual([true, true]);
    expect(found(secrets, [...others, { name: 'log', content: lines.join('\n') }])).toEqual([]);
  });

  test('keeps its data and its key over a second start, and takes the master key it is given', async () => {
    const key = word(demo.output, 'Virtual key');
    demo = await startDemo(port, folder, { LITELLM_MASTER_KEY: 'sk-a-master-key-from-outside' });
    expect(word(demo.output, 'Virtual key')).toBe(key);
    expect(word(demo.output, 'Master key')).toBe('(from');
    expect(await stop(demo)).toBe(0);
  });
});
