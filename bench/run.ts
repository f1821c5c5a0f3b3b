/**
 * The gateway beside the bare floor, on one core each time, in turn.
 * `npm run bench -- [--only=throughput,latency,…] [--rounds=5] [--seconds=4] [--long] [--write]`; the names stand below.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../apps/gateway/test/harness.ts';
import { machine } from './machine.ts';
import { type Line, table } from './report.ts';
import { bodies } from './scenarios/bodies.ts';
import { boot } from './scenarios/boot.ts';
import { drain } from './scenarios/drain.ts';
import { governed } from './scenarios/governed.ts';
import { growth } from './scenarios/growth.ts';
import { latency } from './scenarios/latency.ts';
import { media } from './scenarios/media.ts';
import { manyStreams } from './scenarios/many-streams.ts';
import { memory } from './scenarios/memory.ts';
import { overload } from './scenarios/overload.ts';
import { peers } from './scenarios/peers.ts';
import { sizes } from './scenarios/sizes.ts';
import { stalledReaders } from './scenarios/stalled-readers.ts';
import { streaming } from './scenarios/streaming.ts';
import { throughput } from './scenarios/throughput.ts';
import { trouble } from './scenarios/trouble.ts';
import { interference, setStage, type Stage, takeOtherCore } from './stage.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    long: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const measureMs = Number(options.seconds) * 1_000;

const SCENARIOS: Readonly<Record<string, (stage: Stage) => Promise<Line[]>>> = {
  throughput: (stage) => throughput(stage, rounds, measureMs),
  latency: (stage) => latency(stage, rounds, measureMs),
  governed: (stage) => governed(stage, rounds, measureMs),
  streaming: (stage) => streaming(stage, rounds, measureMs),
  memory: (stage) => memory(stage, options.long ? 10 : 1),
  speech: (stage) => media(stage, rounds, 'speech'),
  uploads: (stage) => media(stage, rounds, 'uploads'),
  searches: (stage) => media(stage, rounds, 'searches'),
  readers: (stage) => stalledReaders(stage),
  sizes: (stage) => sizes(stage, rounds, measureMs),
  streams: (stage) => manyStreams(stage),
  bodies: (stage) => bodies(stage),
  growth: (stage) => growth(stage, rounds, measureMs),
  trouble: (stage) => trouble(stage, measureMs),
  overload: (stage) => overload(stage, measureMs),
  drain: (stage) => drain(stage),
  boot: (stage) => boot(stage, rounds),
  peers: (stage) => peers(stage, rounds, measureMs),
};

async function run(): Promise<Line[]> {
  // Other gateways are downloaded: only where they are asked for.
  const wanted = options.only?.split(',') ?? Object.keys(SCENARIOS).filter((name) => name !== 'peers');
  const lines: Line[] = [];
  const stage = await setStage();
  try {
    for (const name of wanted) {
      process.stderr.write(`${name} …\n`);
      const scenario = SCENARIOS[name];
      if (!scenario)
        throw new Error(`no scenario is called ${name}; known: ${Object.keys(SCENARIOS).join(', ')}`);
      lines.push(...(await scenario(stage)));
    }
  } finally {
    await stage.end();
  }
  return lines;
}

takeOtherCore();
const lines = await run();
const report = [...machine(interference), '', table(lines)].join('\n');
process.stdout.write(`${report}\n`);
if (options.write) {
  const text = [
    '# Benchmarks',
    '',
    `Written by \`npm run bench -- --write\`; each figure is the median of ${rounds} alternating rounds. The floor is a proxy of`,
    '`node:http` and undici that does nothing else, written for speed. What misses its bar is marked so.',
    '',
    machine(interference).join('  \n'),
    '',
    table(lines),
    '',
  ].join('\n');
  writeFileSync(join(ROOT, 'docs/benchmarks.md'), text);
}
process.exit(lines.some((line) => line.pass === false) ? 1 : 0);
