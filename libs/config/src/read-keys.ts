import { hkdfSync } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { Secret } from '@app/call';
import { type UiSettings } from './app-config.js';
import { type ConfigNode } from './config-node.js';
import { type EnvironmentSection } from './environment-section.js';
import { type Located } from './findings.js';
import { asFlag, asName, asSecret } from './scalar-values.js';
import { type Section } from './section.js';

const SHORTEST_KEY = 20;
const SHORTEST_PASSWORD = 12;
/** The key of every LiteLLM example: the first one that anybody tries. */
const EXAMPLE_KEY = 'sk-1234';

export interface Keys {
  readonly masterKey: Secret;
  readonly saltKey: Secret;
  readonly oldSaltKeys: readonly Secret[];
  readonly ui: UiSettings;
}

export interface KeyReading {
  readonly env: EnvironmentSection;
  readonly general: Section;
  /** Weak keys are let pass: wanted, and nobody but this machine can connect. */
  readonly insecure: boolean;
  /** False where config.yaml could not be read: it may hold the master key. */
  readonly complete: boolean;
}

/** Judges the keys that everything else is protected by. Without a usable master key there is a problem. */
export function readKeys(reading: KeyReading): Keys {
  const { env } = reading;
  const masterKey = readMasterKey(reading);
  const saltKey = readSaltKey(reading, masterKey);
  return { masterKey, saltKey, oldSaltKeys: readOldSaltKeys(env, saltKey), ui: readUi(env) };
}

function readMasterKey({ env, general, insecure, complete }: KeyReading): Secret {
  const fromFile = general.read('master_key', asSecret);
  const fromEnv = env.read('LITELLM_MASTER_KEY', asSecret);
  const node = general.entry('master_key') ?? env.entry('LITELLM_MASTER_KEY');
  const at: Located = node ?? { path: 'LITELLM_MASTER_KEY', place: env.node.place };
  if (fromFile !== null && fromEnv !== null && fromFile.reveal() !== fromEnv.reveal()) {
    env.findings.warn(at, 'It differs from LITELLM_MASTER_KEY; the one in the file holds.');
  }
  const key = fromFile ?? fromEnv;
  const written = general.node.entries.get('master_key');
  const judgedAlready = (node !== undefined && key === null) || isReported(written);
  if (!judgedAlready) judgeMasterKey(key, at, { env, insecure, complete });
  return key ?? new Secret(EXAMPLE_KEY);
}

/** A reference to a variable that is not set: the findings say so already. */
function isReported(node: ConfigNode | undefined): boolean {
  return node?.kind === 'scalar' && node.value === null && node.unresolved !== undefined;
}

function judgeMasterKey(key: Secret | null, at: Located, reading: Omit<KeyReading, 'general'>): void {
  const { env, insecure, complete } = reading;
  const weakness = weaknessOf(key);
  if (weakness === null || (key === null && !complete)) return;
  if (insecure) {
    const used = key === null ? ` \`${EXAMPLE_KEY}\` is used.` : '';
    env.findings.warn(at, `The master key ${weakness}.${used} Anybody on this machine can use it.`);
    return;
  }
  env.findings.problem(
    at,
    `The master key ${weakness}; whoever guesses it owns the gateway.`,
    'Set LITELLM_MASTER_KEY to at least 20 characters: echo "LITELLM_MASTER_KEY=sk-$(openssl rand -hex 24)" >> .env ' +
      '(to try things out on this machine only: ALLOW_INSECURE_DEV=1 with HOST=127.0.0.1)',
  );
}

function weaknessOf(key: Secret | null): string | null {
  if (key === null) return 'is missing';
  const text = key.reveal();
  if (text === EXAMPLE_KEY) return `is the well-known example ${EXAMPLE_KEY}`;
  if (/^<.*>$/.test(text)) return 'is still the placeholder of the example';
  return text.length < SHORTEST_KEY ? `has ${text.length} characters, fewer than ${SHORTEST_KEY}` : null;
}

function readSaltKey({ env, insecure }: KeyReading, masterKey: Secret): Secret {
  const written = env.entry('LITELLM_SALT_KEY');
  const key = env.read('LITELLM_SALT_KEY', asSecret);
  const at: Located = written ?? { path: 'LITELLM_SALT_KEY', place: env.node.place };
  if (key === null) {
    if (written === undefined) {
      env.findings.warn(
        at,
        'It is not set, so stored credentials are encrypted with a key derived from the master key: ' +
          'a new master key would make them unreadable.',
      );
    }
    return derivedSaltKey(masterKey);
  }
  if (key.reveal().length < SHORTEST_KEY && !insecure) {
    env.findings.problem(
      at,
      `It has fewer than ${SHORTEST_KEY} characters.`,
      'Set it to the output of `openssl rand -hex 24`, or leave it empty.',
    );
  }
  return key;
}

/** Two for the one that is named: where there was no salt key, it is the master key that it was derived from. */
function readOldSaltKeys(env: EnvironmentSection, saltKey: Secret): readonly Secret[] {
  const old = env.read('LITELLM_SALT_KEY_OLD', asSecret);
  const keys = old === null ? [] : [old, derivedSaltKey(old)];
  return keys.filter((key) => key.reveal() !== saltKey.reveal());
}

function derivedSaltKey(masterKey: Secret): Secret {
  const bytes = hkdfSync('sha256', masterKey.reveal(), '', 'gateway salt key', 32);
  return new Secret(Buffer.from(bytes).toString('hex'));
}

function readUi(env: EnvironmentSection): UiSettings {
  const password = env.read('UI_PASSWORD', asSecret);
  const node = env.entry('UI_PASSWORD');
  if (password !== null && node !== undefined && password.reveal().length < SHORTEST_PASSWORD) {
    env.findings.warn(node, `It has fewer than ${SHORTEST_PASSWORD} characters and opens the whole gateway.`);
  }
  return {
    username: env.value('UI_USERNAME', asName),
    password,
    allowHttp: env.value('UI_ALLOW_HTTP', asFlag),
  };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** True where only this machine can connect to `host`. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0
    ? host.toLowerCase() === 'localhost'
    : LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
