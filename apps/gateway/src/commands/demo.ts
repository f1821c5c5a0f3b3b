import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type AppConfig, loadConfig, readEnvironment } from '@app/config';
import { DatabaseStartError } from '@app/database';
import { runProcess } from '../process.js';
import { demoKey } from './demo-key.js';
import { type Sandbox, startSandbox } from './start-sandbox.js';

const environment = readEnvironment();
const folder = resolve(environment['DATA_DIR'] ?? 'data/demo');
let sandbox: Sandbox | null = null;

/** The shipped configuration with every backend pointing at the sandbox. */
async function configure(): Promise<AppConfig> {
  const master = environment['LITELLM_MASTER_KEY'] ?? keptSecret('master-key', 'sk-');
  const salt = environment['LITELLM_SALT_KEY'] ?? keptSecret('salt-key', '');
  sandbox = await startSandbox();
  const { urls } = sandbox;
  return loadConfig({
    env: {
      HOST: '127.0.0.1',
      ...environment,
      DATA_DIR: folder,
      JOURNAL_DIR: join(folder, 'journal'),
      LITELLM_MASTER_KEY: master,
      LITELLM_SALT_KEY: salt,
      STORE_MODEL_IN_DB: 'True',
      LLAMA_SWAP_API_BASE: `${urls['llama-swap']}/v1`,
      OPENEDAI_SPEECH_API_BASE: `${urls['openedai-speech']}/v1`,
      STYLETTS2_API_BASE: `${urls.styletts2}/v1`,
      FASTER_WHISPER_API_BASE: `${urls['faster-whisper']}/v1`,
      SEARXNG_API_BASE: urls.searxng,
      LANGFUSE_HOST: urls.langfuse,
      LANGFUSE_PUBLIC_KEY: 'pk-lf-demo',
      LANGFUSE_SECRET_KEY: 'sk-lf-demo',
    },
  });
}

/** A secret that is generated once and kept where only its owner reads it. */
function keptSecret(name: string, prefix: string): string {
  const file = join(folder, name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw unusable(error);
  }
  const secret = `${prefix}${randomBytes(24).toString('base64url')}`;
  try {
    writeFileSync(file, secret, { mode: 0o600 });
  } catch (error) {
    throw unusable(error);
  }
  return secret;
}

const unusable = (cause: unknown): DatabaseStartError =>
  new DatabaseStartError(
    `The folder ${folder} cannot be used: make it writable, or set DATA_DIR to another one.`,
    {
      cause,
    },
  );

await runProcess(configure, {
  onReady: async ({ app, url }) => {
    const key = await demoKey(app, join(folder, 'virtual-key'));
    const master = environment['LITELLM_MASTER_KEY']
      ? '(from LITELLM_MASTER_KEY)'
      : keptSecret('master-key', 'sk-');
    process.stdout.write(`
The gateway is ready, with stand-ins for every backend.

  Admin pages   ${url}/ui
  Master key    ${master}
  Virtual key   ${key}

Your first request:

curl -s ${url}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "gpt-4", "messages": [{"role": "user", "content": "Hello!"}]}'

Ctrl-C stops everything. The data stays in ${folder}.
`);
  },
  onEnd: async () => sandbox?.stop(),
});
