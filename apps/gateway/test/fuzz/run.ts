/**
 * `npm run fuzz -- [--target=sse] [--seconds=60] [--seed=7] [--keep]`: guided by coverage, one JSON line a target; `--keep`
 * renews the corpus. `--replay` only runs what is kept. Ends with 1 where something does not hold.
 */
import { parseArgs } from 'node:util';
import { writeCorpus } from './corpus.ts';
import { type Finding, fuzz, problemOf, startOf } from './fuzz.ts';
import { type Target } from './target.ts';
import { CONFIG } from './targets/config.ts';
import { JOURNAL } from './targets/journal.ts';
import { MULTIPART } from './targets/multipart.ts';
import { PATH } from './targets/path.ts';
import { EVENTS, SSE } from './targets/sse.ts';
import { USAGE } from './targets/usage.ts';

const TARGETS: readonly Target[] = [SSE, EVENTS, USAGE, CONFIG, PATH, MULTIPART, JOURNAL];

const { values: options } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    keep: { type: 'boolean', default: false },
    replay: { type: 'boolean', default: false },
  },
});
const seed = Number(options.seed);
const targets = TARGETS.filter(({ name }) => options.target === undefined || name === options.target);
if (targets.length === 0) {
  throw new Error(
    `no such target: ${options.target ?? ''}; known: ${TARGETS.map(({ name }) => name).join(' ')}`,
  );
}
let failures = 0;

function tell(target: Target, findings: readonly Finding[], figures: object): void {
  failures += findings.length;
  const told = findings.map(({ problem, input }) => ({ problem, input: input.toString('base64') }));
  process.stdout.write(
    `${JSON.stringify({ target: target.name, pass: findings.length === 0, ...figures, findings: told })}\n`,
  );
}

/** What is kept, and where each search begins. */
async function replay(target: Target): Promise<void> {
  const inputs = startOf(target);
  const findings: Finding[] = [];
  for (const input of inputs) {
    const problem = await problemOf(target, input);
    if (problem !== null) findings.push({ problem, input });
  }
  tell(target, findings, { inputs: inputs.length });
}

for (const target of targets) {
  if (options.replay) await replay(target);
  else {
    const { runs, reached, findings, corpus } = await fuzz(target, Number(options.seconds), seed);
    if (options.keep) writeCorpus(target.name, corpus);
    tell(target, findings, { seed, runs, reached, corpus: corpus.length });
  }
}
process.exit(failures === 0 ? 0 : 1);
