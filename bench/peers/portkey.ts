import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, freePort } from '../../apps/gateway/test/harness.ts';
import { install, type Peer, type PeerSetting, scratchFolder, whenUp } from './peer.ts';

const PACKAGE = '@portkey-ai/gateway';
const VERSION = '1.15.2';
const UP_MS = 60_000;

/** Portkey's gateway, as its package starts it: no keys of its own, no budgets, no records. */
export async function startPortkey({ upstream, core }: PeerSetting): Promise<Peer> {
  const folder = scratchFolder('portkey');
  const root = join(folder, 'node_modules', PACKAGE);
  if (!existsSync(root)) {
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder];
    install(folder, 'npm', ['install', `${PACKAGE}@${VERSION}`, ...options]);
  }
  const port = await freePort();
  const child = new Child({
    name: 'portkey',
    args: [join(root, 'build/start-server.js'), '--headless', `--port=${port}`],
    cwd: folder,
    core,
    env: { NODE_ENV: 'production' },
  });
  await whenUp(port, '/', UP_MS);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    name: 'Portkey',
    version,
    note: 'its headless server; it keeps no keys, budgets or records',
    port,
    pid: child.pid,
    path: '/v1/chat/completions',
    key: 'sk-none',
    headers: ['x-portkey-provider: openai', `x-portkey-custom-host: ${upstream}/v1`],
    stop: async () => {
      await child.kill();
    },
  };
}
