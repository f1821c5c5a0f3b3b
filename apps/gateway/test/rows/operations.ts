import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployment, type Gateway, pause, ROOT, until } from '../harness.ts';
import { form } from '../harness/recordings.ts';
import { type Field, type Measured, type Row } from './row.ts';

/** Mulberry32: the same mutations for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

const BOMB = ['b0: &b0 [x,x,x,x,x,x,x,x,x]'].concat(
  Array.from({ length: 12 }, (_, at) => `b${at + 1}: &b${at + 1} [${`*b${at},`.repeat(9)}*b${at}]`),
);
const WRONG = [
  '[]',
  '{}',
  '-1',
  '.nan',
  '[[[[',
  '"',
  '!!js/function "x"',
  '*gone',
  '99999999999999999999',
  '\u0000',
];

/** Each breaks the file for certain: what stays valid would rightly be taken. */
function broken(lines: readonly string[], roll: (sides: number) => number): string {
  const at = roll(lines.length);
  const wrong = WRONG[roll(WRONG.length)] ?? '';
  const ways: (() => string[])[] = [
    () => lines.toSpliced(at, 0, '\tmodel_list: tabbed'),
    () => [...lines, 'model_list:', '  - model_name: twice'],
    () => [...BOMB, ...lines],
    () => [...lines, `router_settings: {num_retries: ${wrong}, cooldown_time: never}`],
    () => [...lines, `x: ${'['.repeat(10 ** (1 + roll(5)))}`],
    () => [...lines, 'general_settings: {max_request_size_mb: -1}'],
    () => [...lines, 'model_list: !!js/function "function () { process.exit(7) }"'],
    () => [...lines.slice(0, at), `"${'x'.repeat(roll(100_000))}`, ...lines.slice(at)],
    () => [...lines, 'litellm_settings: {cache_params: {ttl: long}}'],
    () => [...lines, '---', 'model_list: []'],
  ];
  return (ways[roll(ways.length)]?.() ?? []).join('\n');
}

/** P13: files that are none, read by a gateway that goes on serving. */
async function badFiles(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const key = await gateway.key({});
  const path = join(gateway.folder, 'config.yaml');
  const good = readFileSync(path, 'utf8');
  const lines = readFileSync(join(ROOT, 'config.yaml'), 'utf8').split('\n');
  const roll = dice(field.seed);
  const said = { kept: 0, located: 0, taken: 0 };
  let served = 0;
  const rounds = field.long ? 200 : 40;
  for (let round = 0; round < rounds; round += 1) {
    // One line a second for each cause: the log keeps its head in a storm.
    await pause(1_050);
    const before = logged(gateway);
    writeFileSync(path, broken(lines, roll));
    gateway.child.signal('SIGHUP');
    const news = await until('the file was judged', () => {
      const text = logged(gateway).slice(before.length);
      return /stays in effect|is in effect/.test(text) && text;
    });
    if (/stays in effect/.test(news)) said.kept += 1;
    else said.taken += 1;
    if (/config\.yaml:\d+:\d+/.test(news)) said.located += 1;
    if ((await gateway.chat({}, { key })).status === 200) served += 1;
  }
  writeFileSync(path, good);
  gateway.child.signal('SIGHUP');
  await pause(500);
  const isUp = gateway.isUp && (await gateway.chat({}, { key })).status === 200;
  return {
    pass: isUp && served === rounds && said.kept === rounds && said.located === rounds,
    measured: { rounds, ...said, served, isUp: String(isUp) },
  };
}

const logged = (gateway: Gateway): string => gateway.child.output();

/** O3: whoever asks how it is, no model is called, and the upstreams at most once a minute. */
async function healthCostsNothing(field: Field): Promise<Measured> {
  const gateway = await field.gateway({ config: { models: [deployment('one', 'qwen3-30b-a3b')] } });
  const key = await gateway.key({});
  const { llamaSwap } = field.sandbox;
  const deep = async (options: object): Promise<boolean> =>
    (await gateway.http.ask('/health', options)).json?.healthy_endpoints !== undefined;
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, at) => deep(at % 2 === 0 ? {} : { key })),
  );
  const shownToOthers = answers.filter((isDeep) => isDeep).length;
  await pause(200);
  await llamaSwap.reset();
  const shown = await Promise.all(
    Array.from({ length: 50 }, async () => (await gateway.ask('/health')).json?.healthy_count !== undefined),
  );
  const truth = await llamaSwap.truth();
  const generated = truth.filter(({ model }) => model !== null).length;
  const rows = await field.query<{ count: string }>('SELECT count(*) FROM spend_logs');
  return {
    pass:
      shownToOthers === 0 &&
      shown.every((isDeep) => isDeep) &&
      generated === 0 &&
      Number(rows[0]?.count) === 0,
    measured: {
      askedByOthers: answers.length,
      shownToOthers,
      askedByAdmin: shown.length,
      upstreamRequests: truth.length,
      modelsCalled: generated,
      rowsOwed: Number(rows[0]?.count),
    },
  };
}

/** N10: a key that is limited to one model, at a pass-through, however the model is named. */
async function directCallsAreScoped(field: Field): Promise<Measured> {
  const gateway = await field.gateway({
    config: {
      general: {
        pass_through_endpoints: [
          {
            path: '/llama',
            target: 'os.environ/LLAMA_SWAP_API_BASE',
            include_subpath: true,
            auth: true,
            cost_per_request: 0.25,
          },
        ],
      },
    },
  });
  const [mine, other] = ['qwen3-30b-a3b', 'qwen2.5-14b-instruct'];
  const key = await gateway.key({ models: [mine] });
  const messages = [{ role: 'user', content: 'echo:x' }];
  const path = '/llama/chat/completions';
  const upload = form([['model', mine]]);
  const tries: [string, string, object, number][] = [
    ['body', path, { body: { model: mine, messages } }, 200],
    ['body, another', path, { body: { model: other, messages } }, 403],
    ['query, another', `${path}?model=${other}`, { body: { model: mine, messages } }, 403],
    [
      'path, another',
      `/llama/upstream/${other}/v1/chat/completions`,
      { body: { model: mine, messages } },
      403,
    ],
    [
      'form',
      '/llama/audio/transcriptions',
      { body: upload.body, headers: { 'content-type': upload.type } },
      403,
    ],
    ['absent', path, { body: { messages } }, 403],
    ['two names', path, { body: `{"model":"${mine}","model":"${other}","messages":[]}` }, 400],
  ];
  const measured: Record<string, number> = {};
  let pass = true;
  const callIds: string[] = [];
  for (const [name, at, options, expected] of tries) {
    const callId = `direct-${process.pid}-${callIds.length}`;
    callIds.push(callId);
    const ask = options as { headers?: Record<string, string> };
    const headers = { ...ask.headers, 'x-litellm-call-id': callId };
    const { status } = await gateway.ask(at, { key, ...options, headers });
    measured[name] = status;
    pass &&= status === expected;
  }
  const row = await gateway.row(callIds[0] ?? '');
  const poor = await gateway.key({ models: [mine], max_budget: 0.25 });
  const spent = [];
  for (let round = 0; round < 3; round += 1)
    spent.push((await gateway.ask(path, { key: poor, body: { model: mine, messages } })).status);
  const reached = (await field.sandbox.llamaSwap.truth()).filter(({ model }) => model === other).length;
  return {
    pass: pass && reached === 0 && Number(row.spend) === 0.25 && spent.join() === '200,429,429',
    measured: { ...measured, otherModelReached: reached, rowUsd: Number(row.spend), budget: spent.join() },
  };
}

export const OPERATION_ROWS: readonly Row[] = [
  {
    id: 'P13',
    promise: 'A bad file never takes a running gateway down',
    bar: '200 of 200 refused with their line; 0 calls lost',
    run: badFiles,
  },
  {
    id: 'O3',
    promise: 'A look at the health costs nothing and shows little',
    bar: 'the cheap form to all but administrators; no model called',
    run: healthCostsNothing,
  },
  {
    id: 'N10',
    promise: 'A pass-through keeps to the scope and the budget of a key',
    bar: 'what cannot be seen: 403; every call charged',
    run: directCallsAreScoped,
  },
];
