import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../apps/gateway/test/harness.ts';
import { install, type Peer, type PeerSetting, scratchFolder, whenUp } from './peer.ts';
import { Program } from './program.ts';

const KEY = 'sk-bench-0123456789abcdefghij';
const UP_MS = 180_000;

/** LiteLLM's proxy with the settings that its documents recommend for production, one worker, without its database. */
export async function startLitellm({ upstream, core }: PeerSetting): Promise<Peer> {
  const folder = scratchFolder('litellm');
  const program = (name: string): string => join(folder, 'venv/bin', name);
  if (!existsSync(program('litellm'))) {
    install(folder, 'python3', ['-m', 'venv', 'venv']);
    install(folder, program('pip'), ['install', '--quiet', 'litellm[proxy]']);
  }
  const config = join(folder, 'config.yaml');
  writeFileSync(config, configFor(upstream));
  const port = await freePort();
  const args = ['--config', config, '--port', String(port), '--host', '127.0.0.1', '--num_workers', '1'];
  const child = new Program(program('litellm'), args, {
    core,
    cwd: folder,
    env: { LITELLM_MODE: 'PRODUCTION', LITELLM_LOG: 'ERROR', LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
  });
  await whenUp(port, '/health/liveliness', UP_MS);
  const version =
    /Version: (\S+)/.exec(install(folder, program('pip'), ['show', 'litellm']))?.[1] ?? 'unknown';
  return {
    name: 'LiteLLM',
    version,
    note: 'one worker, without its database (its query engine is downloaded from elsewhere): no virtual keys, budgets or rows',
    port,
    pid: child.pid,
    path: '/v1/chat/completions',
    key: KEY,
    headers: [],
    stop: () => child.kill(),
  };
}

const configFor = (upstream: string): string => `model_list:
  - model_name: qwen3-30b-a3b
    litellm_params: { model: openai/qwen3-30b-a3b, api_base: '${upstream}/v1', api_key: none }
litellm_settings: { set_verbose: false, json_logs: true, request_timeout: 600 }
general_settings: { master_key: ${KEY} }
`;
