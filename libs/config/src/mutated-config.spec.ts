import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { configFrom } from './testing.js';

const SHIPPED = readFileSync('config.yaml', 'utf8');
const ROUNDS = 250;

/** Mulberry32: the same mutations in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

const VALUES =
  `[] {} null ~ true -1 .nan .inf 1e999 0x7f "" '' "\\u0000" [[[[]]]] {a:{b:{c:1}}} *gone &a !!js/function !!binary
  os.environ/ os.environ/GONE os.environ/__proto__ __proto__ constructor | > @ \` % 99999999999999999999 "`.split(
    /\s+/,
  );

type Mutation = (lines: string[], roll: (sides: number) => number) => string[];

const at = (lines: string[], roll: (sides: number) => number): number => roll(lines.length);

const MUTATIONS: Mutation[] = [
  (lines, roll) => lines.with(at(lines, roll), `\t${lines[at(lines, roll)] ?? ''}`),
  (lines, roll) => lines.toSpliced(at(lines, roll), 0, lines[at(lines, roll)] ?? ''),
  (lines, roll) => lines.toSpliced(at(lines, roll), 1 + roll(5)),
  (lines, roll) => {
    const index = at(lines, roll);
    return lines.with(index, (lines[index] ?? '').replace(/:.*$/, `: ${VALUES[roll(VALUES.length)] ?? ''}`));
  },
  (lines, roll) => {
    const index = at(lines, roll);
    return lines.with(index, (lines[index] ?? '').replace(/\w+:/, `${VALUES[roll(VALUES.length)] ?? ''}:`));
  },
  (lines, roll) => {
    const index = at(lines, roll);
    return lines.with(index, ' '.repeat(roll(9)) + (lines[index] ?? '').trim());
  },
  (lines, roll) => {
    const index = at(lines, roll);
    const line = lines[index] ?? '';
    const cut = roll(line.length + 1);
    return lines.with(index, line.slice(0, cut) + String.fromCharCode(roll(256)) + line.slice(cut));
  },
  (lines, roll) => lines.toSpliced(at(lines, roll), 0, '__proto__: {polluted: true}', '<<: {polluted: 1}'),
  (lines, roll) => lines.toSpliced(at(lines, roll), 0, `x${roll(9)}: ${'['.repeat(10 ** roll(5))}`),
  (lines, roll) => [
    `b0: &b0 [${'x,'.repeat(9)}x]`,
    ...Array.from(
      { length: 12 },
      (_, level) => `b${level + 1}: &b${level + 1} [${`*b${level},`.repeat(9)}*b${level}]`,
    ),
    ...lines.slice(roll(3)),
  ],
  (lines, roll) => [...lines, `# ${'x'.repeat(300_000 * roll(5))}`],
  (lines, roll) => [...lines.slice(0, at(lines, roll)), '---', ...lines.slice(at(lines, roll))],
];

function mutated(seed: number): string {
  const roll = dice(seed);
  let lines = SHIPPED.split('\n');
  for (let round = 1 + roll(3); round > 0; round -= 1) {
    lines = MUTATIONS[roll(MUTATIONS.length)]?.(lines, roll) ?? lines;
  }
  return lines.join('\n');
}

test(`${ROUNDS} mutated files give a configuration or precise problems, never anything else`, () => {
  let refused = 0;
  for (let seed = 0; seed < ROUNDS; seed += 1) {
    try {
      expect(configFrom(mutated(seed)).models).toBeInstanceOf(Array);
    } catch (error) {
      if (!(error instanceof ConfigError))
        throw new Error(`Seed ${seed} broke the reader.`, { cause: error });
      refused += 1;
      const imprecise = error.problems.filter(({ file, line }) => file === 'config.yaml' && line === null);
      expect({ seed, imprecise, count: error.problems.length > 0 }).toEqual({
        seed,
        imprecise: [],
        count: true,
      });
    }
  }
  expect(refused).toBeGreaterThan(ROUNDS / 4);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
}, 60_000);

test('mutated files are judged within a second each', () => {
  const slow: number[] = [];
  for (let seed = 1_000; seed < 1_040; seed += 1) {
    const begin = performance.now();
    try {
      configFrom(mutated(seed));
    } catch {
      // Judged above; here only the time counts.
    }
    if (performance.now() - begin > 1_000) slow.push(seed);
  }
  expect(slow).toEqual([]);
});
