/**
 * `npm run test:python [-- 2.54.0 3.22.1]`: Python's `openai` against the gateway, in the versions given (the
 * newest without any). Skipped in so many words where Python or pip cannot be used.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configText, startGateway, startPostgres, startSandbox } from '../harness.ts';
import { AUDIO_MODELS, TEXT_MODELS } from '../harness/gateway-config.ts';

const SCRIPT = join(import.meta.dirname, 'check.py');
const PIP_MS = 180_000;

/** A virtual environment with `openai`, or why there is none. */
function environment(folder: string, version: string | undefined): { python: string } | { reason: string } {
  const made = spawnSync('python3', ['-m', 'venv', folder], { encoding: 'utf8' });
  if (made.status !== 0) return { reason: `python3 -m venv: ${String(made.error ?? made.stderr)}` };
  const python = join(folder, 'bin/python');
  const wanted = version === undefined ? 'openai' : `openai==${version}`;
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', wanted];
  const installed = spawnSync(python, args, { encoding: 'utf8', timeout: PIP_MS });
  if (installed.status !== 0) return { reason: `pip install ${wanted}: ${installed.stderr.slice(-400)}` };
  return { python };
}

async function check(python: string): Promise<number> {
  const backends = ['openedai-speech', 'styletts2', 'faster-whisper'] as const;
  const [sandbox, postgres] = await Promise.all([startSandbox({ backends }), startPostgres()]);
  const llamaSwapUrl = sandbox.llamaSwap.url;
  const gateway = await startGateway({
    config: configText({ models: [...AUDIO_MODELS, ...TEXT_MODELS] }),
    llamaSwapUrl,
    databaseUrl: await postgres.database('python'),
    env: sandbox.environment,
  });
  try {
    const key = await gateway.key({});
    const places = [gateway.url, key, llamaSwapUrl, sandbox.backend('openedai-speech').url];
    const { status } = spawnSync(python, [SCRIPT, ...places], { stdio: 'inherit' });
    return status ?? 1;
  } finally {
    await gateway.end();
    await sandbox.stop();
    await postgres.stop();
  }
}

let worst = 0;
const versions = process.argv.length > 2 ? process.argv.slice(2) : [undefined];
for (const version of versions) {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-test-python-'));
  try {
    const made = environment(folder, version);
    if ('reason' in made)
      process.stdout.write(`SKIPPED, Python's openai cannot be installed here: ${made.reason}\n`);
    else worst = Math.max(worst, await check(made.python));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exit(worst);
