import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  Child,
  configText,
  freePort,
  type Gateway,
  type Postgres,
  type Sandbox,
  startGateway,
  startPostgres,
  startSandbox,
  usageOf,
} from '../apps/gateway/test/harness.ts';
import { FLAGS } from '../apps/gateway/test/harness/gateway.ts';
import { ClosedLoop } from './load/closed-loop.ts';
import { requestOf } from './load/connection.ts';
import { busySeconds } from './machine.ts';

/** Core 0 is for the one who is measured; load, upstream and database share core 1. */
export const MEASURED_CORE = 0;
export const OTHER_CORE = 1;
/** V8 compiles for so long what a busy process runs; a process in service has that behind it. */
const WARM_UP_MS = 8_000;
const WARM_UP_CONNECTIONS = 32;

/** One who answers chat requests, with the bytes that ask him. */
export interface Contender {
  readonly name: 'direct' | 'floor' | 'gateway';
  readonly port: number;
  readonly key: string | null;
  readonly pid: number;
}

export interface Stage {
  readonly direct: Contender;
  readonly floor: Contender;
  readonly gateway: Contender;
  readonly process: Gateway;
  readonly sandbox: Sandbox;
  readonly postgres: Postgres;
  readonly databaseUrl: string;
  end(): Promise<void>;
}

/** Pins this process, and what it starts from now on, to the core of the load. */
export function takeOtherCore(): void {
  execFileSync('taskset', ['-acp', String(OTHER_CORE), String(process.pid)]);
}

/** Starts upstream, database, floor and gateway, warmed up: virtual key, journal, PostgreSQL and metrics on. */
export async function setStage(): Promise<Stage> {
  const [sandbox, postgres] = await Promise.all([startSandbox({ core: OTHER_CORE }), startPostgres()]);
  const databaseUrl = await postgres.database('bench');
  const [floor, gateway] = [await startFloor(sandbox), await startMeasuredGateway({ sandbox, databaseUrl })];
  const key = await gateway.key({ key_alias: 'bench', models: [] });
  const stage: Stage = {
    direct: { name: 'direct', port: portOf(sandbox.llamaSwap.url), key: null, pid: sandbox.pid },
    floor: { name: 'floor', port: floor.port, key: null, pid: floor.child.pid },
    gateway: { name: 'gateway', port: gateway.port, key, pid: gateway.pid },
    process: gateway,
    sandbox,
    postgres,
    databaseUrl,
    end: async () => {
      await Promise.all([floor.child.kill(), gateway.stop()]);
      gateway.forget();
      await sandbox.stop();
      await postgres.stop();
    },
  };
  await sandbox.llamaSwap.settings({ truth: 'off' });
  for (const contender of [stage.floor, stage.gateway])
    for (const fields of [{}, { stream: true }]) await warmUp(contender.port, chatRequest(contender, fields));
  return stage;
}

/** Asks until nothing is left to compile. */
export async function warmUp(port: number, request: Buffer): Promise<void> {
  const load = new ClosedLoop(port, request, WARM_UP_CONNECTIONS);
  load.start();
  await load.measure(WARM_UP_MS);
  await load.stop();
}

/** A gateway alone on the measured core. */
export function startMeasuredGateway(
  { sandbox, databaseUrl }: Pick<Stage, 'sandbox' | 'databaseUrl'>,
  // The address limiter is off for the bench: one address is the whole load.
  config = configText(),
): Promise<Gateway> {
  return startGateway({
    config,
    llamaSwapUrl: sandbox.llamaSwap.url,
    databaseUrl,
    core: MEASURED_CORE,
    env: { LITELLM_LOG: 'WARNING' },
  });
}

async function startFloor(sandbox: Sandbox): Promise<{ readonly port: number; readonly child: Child }> {
  const port = await freePort();
  const child = new Child({
    name: 'floor',
    args: [...FLAGS, join(import.meta.dirname, 'floor.ts'), String(port), sandbox.llamaSwap.url],
    core: MEASURED_CORE,
  });
  await child.firstLine(10_000);
  return { port, child };
}

const portOf = (url: string): number => Number(new URL(url).port);

const QUESTION = 'Explain in two sentences why the sky is blue and sunsets are red.';

/** The request that everyone is asked: what an SDK sends for a short chat. */
export function chatRequest(contender: Contender, fields: object = {}): Buffer {
  const { port, key } = contender;
  return requestOf({ port, key, path: '/v1/chat/completions' }, chatBody(fields));
}

export const chatBody = (fields: object = {}): object => ({
  model: 'qwen3-30b-a3b',
  messages: [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: QUESTION },
  ],
  temperature: 0.7,
  ...fields,
});

/** What a process used while `work` ran. */
export async function costOf<T>(
  contender: Contender,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly cpuSeconds: number; readonly share: number }> {
  const [before, busyBefore, startedAt] = [
    usageOf(contender.pid).cpuSeconds,
    busySeconds(MEASURED_CORE),
    performance.now(),
  ];
  const result = await work();
  const cpuSeconds = usageOf(contender.pid).cpuSeconds - before;
  const seconds = (performance.now() - startedAt) / 1000;
  if (contender.name !== 'direct') {
    interference.push((busySeconds(MEASURED_CORE) - busyBefore - cpuSeconds) / seconds);
  }
  return { result, cpuSeconds, share: cpuSeconds / seconds };
}

/** Shares of the measured core that went to others while it was measured. */
export const interference: number[] = [];
