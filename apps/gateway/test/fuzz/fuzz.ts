import { seeded } from '../rows/seeded.ts';
import { readCorpus } from './corpus.ts';
import { Coverage, covers, type Reached, type Stretch } from './coverage.ts';
import { mutated } from './mutate.ts';
import { type Target } from './target.ts';

/** Looked at together: most inputs reach nothing new, and looking costs more than running. */
const BATCH = 256;
const SHRINK_TRIES = 20;
/** Longer than any input may take. */
const SLOW_MS = 2_000;
const MOST_FINDINGS = 10;

export interface Finding {
  readonly problem: string;
  readonly input: Buffer;
}

export interface Fuzzed {
  readonly runs: number;
  /** Characters of the built code that were reached. */
  readonly reached: number;
  readonly findings: readonly Finding[];
  /** Each of them reaches something that those before it do not. */
  readonly corpus: readonly Buffer[];
}

/** Runs inputs that are made out of earlier ones, and keeps those that reach something new. */
export async function fuzz(target: Target, seconds: number, seed: number): Promise<Fuzzed> {
  const search = new Search(target);
  await search.begin();
  const random = seeded(seed);
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until && search.findings.length < MOST_FINDINGS) {
    const others = search.kept;
    const batch = Array.from({ length: BATCH }, () => {
      const parent = others[Math.floor(random() * others.length)] ?? Buffer.alloc(0);
      return mutated(parent, random, { words: target.words, others }).subarray(0, target.maxBytes);
    });
    await search.tryAll(batch);
  }
  const { runs, findings, kept, reached } = search;
  search.end();
  return { runs, reached, findings, corpus: kept };
}

class Search {
  runs = 0;
  readonly findings: Finding[] = [];
  readonly kept: Buffer[] = [];
  readonly #target: Target;
  readonly #coverage = new Coverage();

  constructor(target: Target) {
    this.#target = target;
  }

  /** Starts with what is kept, small inputs first. */
  async begin(): Promise<void> {
    await this.#coverage.start();
    for (const input of startOf(this.#target)) await this.#keep(input);
  }

  get reached(): number {
    return this.#coverage.size;
  }

  end(): void {
    this.#coverage.stop();
  }

  /** Runs them all; where something new was reached, halves it until it is clear by which. */
  async tryAll(inputs: readonly Buffer[]): Promise<void> {
    if (this.#coverage.unseen(await this.#run(inputs)).length === 0) return;
    const [only] = inputs;
    if (inputs.length === 1 && only) {
      await this.#keep(only);
      return;
    }
    const middle = inputs.length >> 1;
    await this.tryAll(inputs.slice(0, middle));
    await this.tryAll(inputs.slice(middle));
  }

  async #run(inputs: readonly Buffer[]): Promise<Reached> {
    for (const input of inputs) {
      this.runs += 1;
      const problem = await problemOf(this.#target, input);
      if (problem !== null && !this.findings.some((one) => one.problem === problem))
        this.findings.push({ problem, input });
    }
    return this.#coverage.take();
  }

  async #keep(input: Buffer): Promise<void> {
    const reached = await this.#run([input]);
    const fresh = this.#coverage.unseen(reached);
    if (fresh.length === 0) return;
    this.#coverage.remember(reached);
    const small = await this.#shrunk(input, fresh);
    const again = await this.#run([small]);
    // What was reached by chance is not reached by the input.
    if (!covers(again, fresh)) return;
    this.#coverage.remember(again);
    this.kept.push(small);
  }

  /** A smaller input that reaches the same. */
  async #shrunk(input: Buffer, fresh: readonly Stretch[]): Promise<Buffer> {
    let best = input;
    let tries = 0;
    for (let piece = best.length >> 1; piece > 0; piece >>= 1) {
      for (let at = 0; at < best.length;) {
        if ((tries += 1) > SHRINK_TRIES) return best;
        const smaller = Buffer.concat([best.subarray(0, at), best.subarray(at + piece)]);
        if (covers(await this.#run([smaller]), fresh)) best = smaller;
        else at += piece;
      }
    }
    return best;
  }
}

/** Where each search begins. */
export const startOf = (target: Target): Buffer[] => [
  ...readCorpus(target.name),
  ...target.seeds.map((text) => Buffer.from(text, 'latin1')),
];

/** What does not hold for an input; null where everything does. */
export async function problemOf(target: Target, input: Buffer): Promise<string | null> {
  const startedAt = performance.now();
  try {
    await target.run(input);
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    return (error.stack ?? error.message).split('\n').slice(0, 3).join(' ');
  }
  const tookMs = performance.now() - startedAt;
  return tookMs > SLOW_MS ? `took longer than ${SLOW_MS} ms` : null;
}
