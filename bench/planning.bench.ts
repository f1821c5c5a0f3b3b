import { type Call } from '@app/call';
import { aCall } from '@testing/call';
import { aModelEntry } from '@testing/config';
import { aRoutingService } from '@testing/routing';

// node --import ./bench/typescript.mjs bench/planning.bench.ts: what it costs to find out where a call goes.

const MODELS = 1_000;
const WILDCARDS = 50;
const CALLS = 20_000;
const ROUNDS = 3;
const BAR_US = 20;

const models = [
  ...Array.from({ length: MODELS }, (_, index) =>
    aModelEntry({ modelName: `model-${index}`, modelInfo: { id: `m${index}` } }),
  ),
  ...Array.from({ length: 3 }, (_, index) =>
    aModelEntry({ modelName: 'three', modelInfo: { id: `t${index}` } }),
  ),
  ...Array.from({ length: WILDCARDS }, (_, index) =>
    aModelEntry({ modelName: `lab-${index}/*`, model: 'openai/*', modelInfo: { id: `w${index}` } }),
  ),
];

const KINDS: Readonly<Record<string, (index: number) => Call>> = {
  'by its name': (index) => aCall({ model: `model-${index % MODELS}` }),
  'three deployments': () => aCall({ model: 'three' }),
  'by a pattern, seen before': (index) => aCall({ model: `lab-${index % WILDCARDS}/qwen` }),
  'by a pattern, never seen': (index) => aCall({ model: `lab-${index % WILDCARDS}/qwen-${index}` }),
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

for (const strategy of ['simple-shuffle', 'least-busy', 'latency-based-routing']) {
  const routing = aRoutingService({
    models,
    router: { routingStrategy: strategy, fallbacks: { three: ['model-1', 'model-2'] } },
  });
  for (const [kind, make] of Object.entries(KINDS)) {
    const calls = Array.from({ length: CALLS }, (_, index) => make(index));
    const rounds = Array.from({ length: ROUNDS }, () => {
      const before = process.cpuUsage();
      for (const call of calls) routing.picker.pick(routing.plan(call).route, call);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / CALLS;
    });
    const us = median(rounds);
    const verdict = us <= BAR_US ? 'holds' : 'MISSED';
    process.stdout.write(`${strategy}, ${kind}: ${us.toFixed(2)} µs CPU (bar ${BAR_US}) ${verdict}\n`);
  }
}
