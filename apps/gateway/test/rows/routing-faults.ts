import { deployment, type Gateway, pause, type StandIn, startSandbox, type Truth } from '../harness.ts';
import { rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { SICK_NEIGHBOUR } from './sick-neighbour.ts';

const GOOD = 'qwen3-30b-a3b';
const OTHER = 'qwen2.5-14b-instruct';

/** Asked of the model, as the upstream saw it. */
const asked = async (upstream: StandIn, model: string): Promise<Truth[]> =>
  (await upstream.truth({ model })).filter(({ path }) => path.endsWith('/completions'));

const statuses = (gateway: Gateway, model: string, key: string, calls: number): Promise<number[]> =>
  Promise.all(Array.from({ length: calls }, async () => (await gateway.chat({ model }, { key })).status));

/** U1: one of three is sick, then all are. */
async function retriesAreBounded(field: Field): Promise<Measured> {
  const trio = (name: string, ...models: string[]): object[] =>
    models.map((model) => deployment(name, model));
  const gateway = await field.gateway({
    config: {
      models: [...trio('mixed', 'fault/500', GOOD, OTHER), ...trio('dead', 'fault/500', 'fault/status-503')],
      router: { num_retries: 2, cooldown_time: 1 },
    },
  });
  const key = await gateway.key({});
  const calls = field.long ? 2_000 : 400;
  let good = 0;
  for (let done = 0; done < calls; done += 20)
    good += (await statuses(gateway, 'mixed', key, 20)).filter((status) => status === 200).length;
  const extra = (await asked(field.sandbox.llamaSwap, 'fault/500')).length / calls;
  await field.sandbox.llamaSwap.reset();
  const startedAt = performance.now();
  let answered = 0;
  for (let done = 0; done < calls; done += 20)
    answered += (await statuses(gateway, 'dead', key, 20)).filter(
      (status) => status >= 500 || status === 429,
    ).length;
  const seconds = (performance.now() - startedAt) / 1_000;
  const tries = (await field.sandbox.llamaSwap.truth()).filter(({ path }) =>
    path.endsWith('/completions'),
  ).length;
  // A fifth of a retry for each call, three for each second, thirty saved up.
  const most = calls * 1.2 + seconds * 3 + 30;
  return {
    pass: good === calls && extra <= 0.2 && answered === calls && tries <= most,
    measured: {
      calls,
      good,
      extraLoad: rounded(extra * 100) / 100,
      deadCalls: answered,
      tries,
      most: Math.ceil(most),
    },
  };
}

/** U2: a deployment that asks for rest is left alone for as long as it asked, and then tried again. */
async function restsAsAsked(field: Field): Promise<Measured> {
  const upstream = field.sandbox.llamaSwap;
  const date = (ms: number): string => new Date(Date.now() + ms).toUTCString();
  const wishes: readonly (readonly [string, string, number])[] = [
    ['seconds', '2', 2_000],
    ['date', '', 2_500],
    ['garbage', 'soon', 800],
  ];
  const measured: Record<string, number> = {};
  let pass = true;
  for (const [name, retryAfter, leastMs] of wishes) {
    const gateway = await field.gateway({
      name: `rest-${name}`,
      config: {
        models: [deployment('pair', OTHER), deployment('pair', GOOD)],
        router: { num_retries: 2, cooldown_time: 1 },
      },
    });
    const key = await gateway.key({});
    await upstream.reset();
    const headers = { 'retry-after': name === 'date' ? date(4_000) : retryAfter };
    await upstream.next({
      match: { model: OTHER },
      status: 429,
      headers,
      body: { error: { message: 'busy' } },
    });
    let failures = 0;
    const endsAt = performance.now() + 7_000;
    while (performance.now() < endsAt) {
      // One after the other: nothing is under way when the upstream asks for rest.
      if ((await gateway.chat({ model: 'pair' }, { key })).status !== 200) failures += 1;
      await pause(20);
    }
    const seen = await asked(upstream, OTHER);
    const first = seen.findIndex(({ status }) => status === 429);
    const restedMs = (seen[first + 1]?.at ?? 0) - (seen[first]?.at ?? 0);
    measured[`${name}Ms`] = Math.round(restedMs);
    measured[`${name}Failures`] = failures;
    pass &&= first >= 0 && restedMs >= leastMs && restedMs < 7_000 && failures === 0;
    // In order: nobody is left who would read the journal of one that was killed.
    await gateway.stop();
  }
  return { pass, measured };
}

const HOSTILE = [
  'gzip-3',
  'redirect',
  'big-headers-10',
  '100-continue-1000',
  'html',
  'wrong-type',
  'garbage',
];
const FORBIDDEN = [
  'set-cookie',
  'clear-site-data',
  'refresh',
  'service-worker-allowed',
  'access-control-allow-origin',
];

/** U11: bombs in framing and headers. */
async function bombs(field: Field): Promise<Measured> {
  const elsewhere = await startSandbox();
  const gateway = await field.gateway();
  const key = await gateway.key({});
  await field.sandbox.llamaSwap.settings({ redirectTo: `${elsewhere.llamaSwap.url}/v1/chat/completions` });
  const measured: Record<string, number> = {};
  let pass = true;
  for (const fault of HOSTILE) {
    const { status } = await gateway.chat({ model: `fault/${fault}` }, { key });
    measured[fault] = status;
    pass &&= status === 502;
  }
  const shown = await gateway.chat({ model: 'fault/setcookie+hostile-headers' }, { key });
  const leaked = FORBIDDEN.filter((name) => shown.headers[name] !== undefined).length;
  const followed = (await elsewhere.llamaSwap.truth()).length;
  await elsewhere.stop();
  return { pass: pass && leaked === 0 && followed === 0, measured: { ...measured, leaked, followed } };
}

/** U14: what the client did wrong says nothing about the deployment. */
async function clientsMistakes(field: Field): Promise<Measured> {
  const gateway = await field.gateway({
    config: {
      models: [deployment('pair', OTHER), deployment('pair', GOOD)],
      router: { num_retries: 2, cooldown_time: 60, allowed_fails: 0 },
    },
  });
  const key = await gateway.key({});
  for (const model of [OTHER, GOOD])
    await field.sandbox.llamaSwap.next({
      match: { model },
      status: 400,
      body: { error: { message: 'no', type: 'invalid_request_error' } },
      times: 20,
    });
  let refused = 0;
  let good = 0;
  for (let call = 0; call < 200; call += 1) {
    const { status } = await gateway.chat({ model: 'pair' }, { key });
    if (status === 400) refused += 1;
    if (status === 200) good += 1;
  }
  const seen = [await asked(field.sandbox.llamaSwap, OTHER), await asked(field.sandbox.llamaSwap, GOOD)];
  const used = seen.filter((calls) => calls.some(({ status }) => status === 200)).length;
  return {
    pass: refused === 40 && good === 160 && used === 2,
    measured: { refused, good, deploymentsInUse: used },
  };
}

/** K1: each provider's key reaches its own origin and nobody else, redirects and failures included. */
async function keysStayHome(field: Field): Promise<Measured> {
  const other = await startSandbox();
  const keys = { here: 'sk-canary-of-here-0123456789', there: 'sk-canary-of-there-9876543210' };
  const upstreams = { here: field.sandbox.llamaSwap, there: other.llamaSwap };
  const api_base = `${other.llamaSwap.url}/v1`;
  const gateway = await field.gateway({
    config: {
      models: [
        deployment('here/*', '*', { api_key: keys.here }),
        deployment('there/*', '*', { api_key: keys.there, api_base }),
        deployment('both', 'fault/500', { api_key: keys.here, order: 1 }),
        deployment('both', GOOD, { api_key: keys.there, api_base, order: 2 }),
      ],
      router: { num_retries: 2 },
    },
  });
  const key = await gateway.key({});
  await upstreams.here.settings({
    canaries: [keys.there, key],
    redirectTo: `${other.llamaSwap.url}/v1/chat/completions`,
  });
  await upstreams.there.settings({ canaries: [keys.here, key] });
  let calls = 0;
  for (const model of [
    'here/qwen3-30b-a3b',
    'there/qwen3-30b-a3b',
    'here/fault/redirect',
    'here/fault/500',
    'both',
  ]) {
    for (const stream of [false, true]) {
      await gateway.chat({ model, stream }, { key, headers: { 'x-api-key': key } });
      calls += 1;
    }
  }
  const truths = [await upstreams.here.truth(), await upstreams.there.truth()];
  const reached = truths.every((entries) => entries.length > 0);
  const strayed = truths.flat().filter(({ canaries }) => canaries.length > 0).length;
  await other.stop();
  return {
    pass: reached && strayed === 0,
    measured: { calls, upstreamCalls: truths.flat().length, strayed },
  };
}

export const ROUTING_ROWS: readonly Row[] = [
  SICK_NEIGHBOUR,
  {
    id: 'U1',
    promise: 'Failures are retried on another deployment, bounded',
    bar: 'success 100 % with one healthy; extra load ≤ 20 %; all bad: no storm',
    run: retriesAreBounded,
  },
  {
    id: 'U2',
    promise: 'Retry-After is honoured, the cooldown respected',
    bar: 'no call before it ends, a probe after it',
    run: restsAsAsked,
  },
  {
    id: 'U11',
    promise: 'Bombs and redirects of an upstream are refused',
    bar: '502; 0 redirects followed; dangerous headers stripped',
    run: bombs,
  },
  {
    id: 'U14',
    promise: 'The client’s mistakes cool nothing down',
    bar: '0 cooldowns by 4xx',
    run: clientsMistakes,
  },
  {
    id: 'K1',
    promise: 'A provider’s key goes to its own origin only',
    bar: '0 canaries elsewhere',
    run: keysStayHome,
  },
];
