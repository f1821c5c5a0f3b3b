import { type Arena } from './arena.ts';
import { type Expectation, judge } from './judge.ts';
import { raw, type RawOptions, type RawReply } from '../harness/raw.ts';

/** What one probe of an attack came to; `problem` is null where the gateway held. */
export interface Finding {
  readonly probe: string;
  readonly problem: string | null;
}

/** One line of the attack list. */
export interface Attack {
  readonly id: string;
  readonly input: string;
  readonly expected: string;
  /** Left out of the short form, which is part of the tests. */
  readonly slow?: true;
  run(arena: Arena): Promise<readonly Finding[]>;
}

type Piece = string | Buffer;

/** Bytes on a connection of their own, and what may come back. */
export interface RawProbe extends Expectation {
  readonly name: string;
  readonly send: (arena: Arena) => Piece | readonly Piece[];
  readonly options?: RawOptions;
}

/** How long a server may linger after its last answer before it closes. */
const CLOSING_MS = 2_500;

type Described = Pick<Attack, 'id' | 'input' | 'expected' | 'slow'>;

/** An attack made of raw probes, one after the other. */
export function rawAttack(line: Described, probes: readonly RawProbe[]): Attack {
  return { ...line, run: (arena) => inTurn(probes, (probe) => runProbe(arena, probe)) };
}

export async function runProbe(arena: Arena, probe: RawProbe): Promise<Finding> {
  const before = await arena.upstreamRequests();
  const settling = probe.closes ? { settleMs: CLOSING_MS } : {};
  const reply = await raw(arena.port, probe.send(arena), { ...probe.options, ...settling });
  const problem = judge(reply, probe) ?? (await upstreamProblem(arena, probe, before));
  return { probe: probe.name, problem: problem && `${problem} – ${described(reply)}` };
}

async function upstreamProblem(arena: Arena, probe: RawProbe, before: number): Promise<string | null> {
  if (probe.upstream === undefined) return null;
  const came = (await arena.upstreamRequests()) - before;
  return came === probe.upstream ? null : `the upstream saw ${came} requests instead of ${probe.upstream}`;
}

const described = (reply: RawReply): string =>
  `status ${reply.status}, ${reply.responses} responses, ${reply.closed ? 'closed' : 'open'}, ${reply.ms.toFixed(0)} ms: ${reply.body.slice(0, 160)}`;

/** Runs steps one after the other; a step that throws is a problem, not the end. */
export async function inTurn<T>(
  items: readonly T[],
  step: (item: T) => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const item of items) {
    const found = await step(item).catch((error: unknown) => failed(String(error)));
    findings.push(...[found].flat());
  }
  return findings;
}

const failed = (message: string): Finding => ({ probe: 'the probe itself', problem: message });

/** One finding out of a condition. */
export function check(probe: string, holds: boolean, otherwise: string): Finding {
  return { probe, problem: holds ? null : otherwise };
}
