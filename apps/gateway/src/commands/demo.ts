import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig, readEnvironment } from '@app/config';
import { KeysService } from '@app/keys';
import { ModelDiscovery } from '@app/routing';
import { type RunningGateway } from '../gateway.js';
import { runProcess } from '../process.js';
import { type Sandbox, startSandbox } from './start-sandbox.js';

const DEMO_KEY_ALIAS = 'demo';

/** A secret of the demo: from the environment, else generated once and kept where only its owner reads it. */
function keptSecret(folder: string, name: string, prefix: string): string {
  const file = join(folder, name);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    const secret = `${prefix}${randomBytes(24).toString('base64url')}`;
    writeFileSync(file, secret, { mode: 0o600 });
    return secret;
  }
}
