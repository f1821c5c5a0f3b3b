import { MASTER_KEY } from '../harness/gateway.ts';
import { UPSTREAM_KEY } from '../harness/gateway-config.ts';
import { type Arena, LANGFUSE_SECRET } from './arena.ts';
import { type Attack, check, type Finding, inTurn } from './attack.ts';

/** What one line of the list came to. */
export interface Verdict {
  readonly id: string;
  readonly pass: boolean;
  readonly input: string;
  readonly expected: string;
  readonly probes: number;
  readonly problems: readonly string[];
  readonly ms: number;
}

/** Runs attacks one after the other, and looks at the gateway after the last. */
export async function battle(
  arena: Arena,
  attacks: readonly Attack[],
  onVerdict: (verdict: Verdict) => void = () => undefined,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const { pid } = arena.gateway;
  for (const attack of [...attacks, afterwards(pid)]) {
    const verdict = await verdictOf(arena, attack);
    verdicts.push(verdict);
    onVerdict(verdict);
  }
  return verdicts;
}

/** One attack; no probe at all counts as a problem. */
export async function verdictOf(arena: Arena, attack: Attack): Promise<Verdict> {
  const startedAt = performance.now();
  const findings = await inTurn([attack], (one) => one.run(arena));
  const found = findings.flatMap(({ probe, problem }) => (problem === null ? [] : [`${probe}: ${problem}`]));
  const problems = findings.length === 0 ? ['nothing was probed'] : found;
  return {
    id: attack.id,
    pass: problems.length === 0,
    input: attack.input,
    expected: attack.expected,
    probes: findings.length,
    problems,
    ms: Math.round(performance.now() - startedAt),
  };
}

/** The last line of every battle: the same process serves, nothing unexpected happened inside, no secret got out. */
export const afterwards = (pid: number): Attack => ({
  id: 'after',
  input: 'all of the above',
  expected: 'the same process serves, its log has no unexpected error and no secret',
  run: async (arena): Promise<Finding[]> => {
    const { gateway } = arena;
    const chat = await gateway.chat({}, { key: arena.key });
    const log = gateway.child.output();
    const unexpected = /^.*(?:Unexpected error|Uncaught).*$/m.exec(log)?.[0];
    const open = await arena.sandbox.llamaSwap.open();
    return [
      check('the process', gateway.isUp && gateway.pid === pid, 'it has ended'),
      check('a chat', chat.status === 200, `status ${chat.status}: ${chat.text.slice(0, 200)}`),
      check('unexpected errors', unexpected === undefined, unexpected?.slice(0, 300) ?? ''),
      ...[MASTER_KEY, UPSTREAM_KEY, LANGFUSE_SECRET, arena.key].map((secret) =>
        check(`secret ${secret.slice(0, 9)}…`, !log.includes(secret), 'it is in the log'),
      ),
      check('upstream calls left', open.inProgress === 0, `${open.inProgress} still open`),
    ];
  },
});
