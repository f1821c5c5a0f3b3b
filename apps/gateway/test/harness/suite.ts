import { afterAll, beforeAll, test as jestTest } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { tracesAt } from './artefacts.ts';
import { lastWords } from './child.ts';
import { type ConfigChanges, configText } from './gateway-config.ts';
import { endAll, type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
import { mustHoldNoSecret } from './left-behind.ts';
import { type Backend, type Sandbox, startSandbox, type StandIn } from './sandbox.ts';

/** What one suite has for itself; each part is there from the first test on. */
export interface Suite {
  readonly gateway: Gateway;
  readonly sandbox: Sandbox;
  readonly llamaSwap: StandIn;
  readonly database: TestDatabase;
  /** One more gateway on the same database and upstream. */
  another(options?: GatewayOptions): Promise<Gateway>;
}

const BOOT_PATIENCE_MS = 60_000;

/** Starts sandbox, database and gateway before the tests of this file and ends them after. */
export function suite(
  changes: ConfigChanges = {},
  { backends = [], ...options }: GatewayOptions & { readonly backends?: readonly Backend[] } = {},
): Suite {
  const parts: { sandbox?: Sandbox; database?: TestDatabase; gateways: Gateway[] } = { gateways: [] };
  const start = async (more: GatewayOptions): Promise<Gateway> => {
    const gateway = await startGateway({
      config: configText(changes),
      llamaSwapUrl: there(parts.sandbox).llamaSwap.url,
      databaseUrl: there(parts.database).url,
      ...more,
      env: { ...there(parts.sandbox).environment, ...more.env },
    });
    parts.gateways.push(gateway);
    return gateway;
  };
  beforeAll(async () => {
    [parts.sandbox, parts.database] = await Promise.all([startSandbox({ backends }), aTestDatabase()]);
    await start(options).catch(reportAndRethrow);
  }, BOOT_PATIENCE_MS);
  afterAll(async () => {
    try {
      await endAll(parts.gateways);
      if (backends.includes('langfuse'))
        mustHoldNoSecret([await tracesAt(there(parts.sandbox).backend('langfuse').url)], { of: 'Langfuse' });
    } finally {
      await parts.sandbox?.stop();
      await parts.database?.drop();
    }
  }, BOOT_PATIENCE_MS);
  return {
    get gateway() {
      return there(parts.gateways[0]);
    },
    get sandbox() {
      return there(parts.sandbox);
    },
    get llamaSwap() {
      return there(parts.sandbox).llamaSwap;
    },
    get database() {
      return there(parts.database);
    },
    another: (more = {}) => start(more),
  };
}

function there<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the suite has not started');
  return part;
}

function reportAndRethrow(error: unknown): never {
  process.stderr.write(`${lastWords()}\n`);
  throw error;
}

/** Jest's `test`; when it fails the last words of every process are printed. */
export function test(name: string, behaviour: () => Promise<void> | void, timeoutMs?: number): void {
  jestTest(
    name,
    async () => {
      try {
        await behaviour();
      } catch (error) {
        reportAndRethrow(error);
      }
    },
    timeoutMs,
  );
}
