import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway } from '../harness.ts';

export interface Load {
  readonly requests: number;
  readonly failures: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly callIds: readonly string[];
}

/** Chats at a rate of their own for `seconds`; the next does not wait for the one before. */
export async function load(gateway: Gateway, perSecond: number, seconds: number): Promise<Load> {
  const took: number[] = [];
  const callIds: string[] = [];
  let failures = 0;
  const one = async (): Promise<void> => {
    const startedAtMs = performance.now();
    const answer = await gateway.chat().catch(() => null);
    took.push(performance.now() - startedAtMs);
    if (answer?.status === 200) callIds.push(answer.headers['x-litellm-call-id'] ?? '');
    else failures += 1;
  };
  const asked: Promise<void>[] = [];
  const beganAtMs = performance.now();
  for (let sent = 0; sent < perSecond * seconds; sent += 1) {
    const dueMs = beganAtMs + (sent * 1_000) / perSecond;
    if (dueMs > performance.now()) await sleep(dueMs - performance.now());
    asked.push(one());
  }
  await Promise.all(asked);
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 100) / 100;
  return { requests: took.length, failures, p50Ms: at(0.5), p99Ms: at(0.99), callIds };
}

/** What the gateway says about the traces of Langfuse. */
export interface Traces {
  readonly accepted: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly waiting: number;
  readonly waitingBytes: number;
}

export async function tracesOf(gateway: Gateway): Promise<Traces> {
  const { text } = await gateway.http.ask('/metrics');
  const sum = (name: string): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`gateway_telemetry_${name}{`) && line.includes('sink="langfuse"'))
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  return {
    ...{ accepted: sum('accepted_total'), delivered: sum('delivered_total'), dropped: sum('dropped_total') },
    ...{ waiting: sum('waiting'), waitingBytes: sum('waiting_bytes') },
  };
}

export const isEven = ({ accepted, delivered, dropped, waiting }: Traces): boolean =>
  accepted === delivered + dropped + waiting;
