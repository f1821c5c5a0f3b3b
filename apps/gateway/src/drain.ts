import { type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type INestApplication, Logger } from '@nestjs/common';
import { type DrainState, type LiveCalls, UnavailableError } from '@app/call';
import { type EmbeddedPostgres } from '@app/database';
import { type Ledger } from '@app/spend';

const CALLS_MS = 20_000;
const SETTLE_MS = 2_000;
const POLL_MS = 20;

interface Parts {
  readonly app: INestApplication;
  readonly server: Server;
  readonly draining: DrainState;
  readonly calls: LiveCalls;
  readonly ledger: Ledger;
  readonly embedded: EmbeddedPostgres | null;
}

/**
 * The orderly end: readiness says no while requests are still taken for `graceMs`, then nothing new is
 * accepted, calls may finish for 20 s, the rest ends with an error event, the books are closed, the
 * database goes last.
 * @returns a function that does it; called again while it runs, it cuts the waiting short
 */
export function drain(parts: Parts): (graceMs: number) => Promise<void> {
  const hurry = new AbortController();
  let ending: Promise<void> | null = null;
  return (graceMs) => {
    if (ending) hurry.abort();
    ending ??= end(parts, graceMs, hurry.signal);
    return ending;
  };
}

async function end(parts: Parts, graceMs: number, hurry: AbortSignal): Promise<void> {
  const { app, server, draining, calls, ledger, embedded } = parts;
  const logger = new Logger('Drain');
  logger.log(`Draining: ${calls.size} calls in progress`);
  draining.begin();
  await pause(graceMs, hurry);
  server.close();
  server.closeIdleConnections();
  await callsEnd(calls, CALLS_MS, hurry);
  if (calls.size > 0) {
    logger.warn(`Ending ${calls.size} calls that did not finish in time`);
    calls.abortAll(new UnavailableError('The gateway is shutting down.'));
    await callsEnd(calls, SETTLE_MS, null);
  }
  server.closeAllConnections();
  await ledger.drain();
  await app.close();
  await embedded?.stop();
}

async function callsEnd(calls: LiveCalls, limitMs: number, hurry: AbortSignal | null): Promise<void> {
  const until = performance.now() + limitMs;
  while (calls.size > 0 && performance.now() < until && hurry?.aborted !== true) await sleep(POLL_MS);
}

async function pause(ms: number, hurry: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal: hurry }).catch(() => undefined);
}
