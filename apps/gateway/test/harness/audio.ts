import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { join } from 'node:path';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { Child, lastWords } from './child.ts';
import { AUDIO_MODELS, configText } from './gateway-config.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { ROOT, requireBuild, StandIn } from './sandbox.ts';

const NAMES = ['llama-swap', 'openedai-speech', 'styletts2', 'faster-whisper'] as const;
const BOOT_PATIENCE_MS = 60_000;

type Name = (typeof NAMES)[number];

/** A gateway with all its audio backends. */
export interface AudioSuite {
  readonly gateway: Gateway;
  readonly speech: StandIn;
  readonly styletts2: StandIn;
  readonly whisper: StandIn;
}

export interface AudioSuiteOptions {
  readonly models?: readonly object[];
  readonly general?: object;
}

/** Starts sandbox, database and gateway before the tests of this file and ends them after. */
export function audioSuite(options: AudioSuiteOptions = {}): AudioSuite {
  const standIns = new Map<Name, StandIn>();
  let gateway: Gateway | undefined;
  let sandbox: Child | undefined;
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    const main = join(ROOT, 'dist/apps/sandbox/src/main.js');
    requireBuild(main);
    sandbox = new Child({ name: 'sandbox', args: [main, ...NAMES.map((name) => `${name}=0`)], cwd: ROOT });
    const urls = JSON.parse(await sandbox.firstLine(15_000)) as Record<Name, string>;
    for (const name of NAMES) standIns.set(name, new StandIn(urls[name]));
    database = await aTestDatabase();
    gateway = await startGateway({
      config: configText({
        models: [...AUDIO_MODELS, ...(options.models ?? [])],
        general: options.general ?? {},
      }),
      llamaSwapUrl: urls['llama-swap'],
      databaseUrl: database.url,
      env: {
        OPENEDAI_SPEECH_API_BASE: `${urls['openedai-speech']}/v1`,
        STYLETTS2_API_BASE: `${urls.styletts2}/v1`,
        FASTER_WHISPER_API_BASE: `${urls['faster-whisper']}/v1`,
      },
    }).catch((error: unknown) => {
      process.stderr.write(`${lastWords()}\n`);
      throw error;
    });
  }, BOOT_PATIENCE_MS);
  afterEach(async () => {
    await Promise.all([...standIns.values()].map((standIn) => standIn.reset({ settings: true })));
  });
  afterAll(async () => {
    try {
      await gateway?.end();
    } finally {
      await Promise.all([...standIns.values()].map((standIn) => standIn.close()));
      await sandbox?.kill();
      await database?.drop();
    }
  }, BOOT_PATIENCE_MS);
  const standIn = (name: Name): StandIn => {
    const found = standIns.get(name);
    if (!found) throw new Error('the suite has not started');
    return found;
  };
  return {
    get gateway() {
      if (!gateway) throw new Error('the suite has not started');
      return gateway;
    },
    get speech() {
      return standIn('openedai-speech');
    },
    get styletts2() {
      return standIn('styletts2');
    },
    get whisper() {
      return standIn('faster-whisper');
    },
  };
}
