import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../sandbox/src/main.js', import.meta.url));
const STAND_INS = [
  'llama-swap',
  'openedai-speech',
  'styletts2',
  'faster-whisper',
  'searxng',
  'langfuse',
] as const;
const START_MS = 10_000;

type StandIn = (typeof STAND_INS)[number];

/** The stand-ins of all backends, in a process of their own. */
export interface Sandbox {
  readonly urls: Readonly<Record<StandIn, string>>;
  stop(): Promise<void>;
}

/** Starts every stand-in on a free port; they end with this process, however that ends. */
export async function startSandbox(): Promise<Sandbox> {
  const child = spawn(
    process.execPath,
    [MAIN, '--exit-with-parent', ...STAND_INS.map((name) => `${name}=0`)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Ctrl-C at the terminal reaches the gateway alone, which ends the sandbox when nobody needs it any more.
      detached: true,
    },
  );
  const urls = await announced(child);
  return {
    urls,
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** The one line that the sandbox prints when all of it listens. */
async function announced(child: ChildProcess): Promise<Sandbox['urls']> {
  if (!child.stdout) throw new Error('The sandbox has no output.');
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(START_MS);
  const [line] = (await Promise.race([
    once(lines, 'line', { signal }),
    once(child, 'exit', { signal }).then(() =>
      Promise.reject(new Error('The sandbox ended before it was ready.')),
    ),
  ])) as [string];
  return JSON.parse(line) as Sandbox['urls'];
}
