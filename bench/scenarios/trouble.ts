import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configText, deployment } from '../../apps/gateway/test/harness.ts';
import { requestOf } from '../load/connection.ts';
import { type Latencies, OpenLoop } from '../load/open-loop.ts';
import { type Line, rounded } from '../report.ts';
import { chatBody, chatRequest, type Stage, startMeasuredGateway } from '../stage.ts';

const PER_SECOND = 200;
const FLOOD_PER_SECOND = 1_000;
const INVENTED_KEYS = 5_000;
const WARM_UP_MS = 2_000;
const LOAD_MS = 3_000;
const RELOAD_MS = 1_500;
const SHOWN_MS = 3_000;
const BARS = { floodTimes: 3, coldMs: 250 } as const;

/** A key that asks as always while others guess keys; a deployment that always fails; a model that must be loaded. */
export async function trouble(stage: Stage, measureMs: number): Promise<Line[]> {
  await stage.sandbox.llamaSwap.settings({ truth: 'off' });
  return [
    await keyFlood(stage, measureMs),
    await failover(stage, measureMs),
    await reloads(stage, measureMs),
    await coldStart(stage),
  ];
}

async function keyFlood({ gateway }: Stage, measureMs: number): Promise<Line> {
  const own = (): OpenLoop => new OpenLoop(gateway.port, chatRequest(gateway), 4711, 16);
  const alone = await own().run(PER_SECOND, measureMs, WARM_UP_MS);
  const guesses = Array.from({ length: INVENTED_KEYS }, () => {
    const key = `sk-${randomBytes(24).toString('base64url')}`;
    return requestOf({ port: gateway.port, key, path: '/v1/chat/completions' }, chatBody());
  });
  const [beside, flood] = await Promise.all([
    own().run(PER_SECOND, measureMs, WARM_UP_MS),
    new OpenLoop(gateway.port, guesses, 4712).run(FLOOD_PER_SECOND, measureMs, WARM_UP_MS),
  ]);
  return {
    what: `p99 of a key beside ${FLOOD_PER_SECOND} invented keys/s`,
    floor: `${rounded(alone.p99Ms, 1)} ms`,
    gateway: `${rounded(beside.p99Ms, 1)} ms`,
    measured: `${rounded(beside.p99Ms / alone.p99Ms, 1)} ×`,
    bar: `≤ ${BARS.floodTimes} ×`,
    pass: beside.failures === 0 && beside.p99Ms <= alone.p99Ms * BARS.floodTimes && flood.requests === 0,
    note: `the column of the floor is the key alone; ${flood.failures} guesses refused (p99 ${rounded(flood.failedP99Ms, 0)} ms), ${flood.requests} taken; failures of the key: ${beside.failures}`,
  };
}

/** What a call takes whose first deployment always fails, beside one that has a single, healthy one. */
async function failover(stage: Stage, measureMs: number): Promise<Line> {
  const models = [
    deployment('healthy', 'qwen3-30b-a3b'),
    deployment('sick', 'fault/500'),
    deployment('saved', 'fault/500'),
    deployment('saved', 'qwen3-30b-a3b'),
  ];
  const router = { num_retries: 2, cooldown_time: 5, fallbacks: [{ sick: ['healthy'] }] };
  const gateway = await startMeasuredGateway(stage, configText({ models, router }));
  try {
    const asked = (model: string): Promise<Latencies> => {
      const { port } = gateway;
      const request = chatRequest({ ...stage.gateway, port }, { model });
      return new OpenLoop(port, request, 4711, 16).run(PER_SECOND, measureMs, WARM_UP_MS);
    };
    const [healthy, sick, saved] = [await asked('healthy'), await asked('sick'), await asked('saved')];
    const failures = healthy.failures + sick.failures + saved.failures;
    return {
      what: 'p50 where a fallback has to answer',
      floor: `${rounded(healthy.p50Ms, 1)} ms`,
      gateway: `${rounded(sick.p50Ms, 1)} ms`,
      measured: `${failures} failures`,
      bar: '0 failures',
      pass: failures === 0,
      note: `the column of the floor is a healthy model; with a second deployment in place of a fallback ${rounded(saved.p50Ms, 1)} ms, since the sick one rests`,
    };
  } finally {
    await gateway.stop();
    gateway.forget();
  }
}

/** A configuration that changes all the time, as it is written again and again. */
async function reloads(stage: Stage, measureMs: number): Promise<Line> {
  const configOf = (count: number): string =>
    configText({
      models: [deployment('healthy', 'qwen3-30b-a3b'), deployment(`new-${count}`, 'qwen3-30b-a3b')],
    });
  const gateway = await startMeasuredGateway(stage, configOf(0));
  try {
    const request = chatRequest({ ...stage.gateway, port: gateway.port }, { model: 'healthy' });
    const load = { isOver: false };
    const asked = new OpenLoop(gateway.port, request, 4711, 16).run(PER_SECOND, measureMs, WARM_UP_MS);
    void asked.finally(() => (load.isOver = true));
    let count = 0;
    while (!load.isOver) {
      writeFileSync(join(gateway.folder, 'config.yaml'), configOf((count += 1)));
      await sleep(RELOAD_MS);
    }
    const { failures, requests, p99Ms } = await asked;
    await sleep(SHOWN_MS);
    const shown = await gateway.ask('/v1/models');
    return {
      what: `requests that fail while the configuration changes every ${RELOAD_MS / 1_000} s`,
      floor: '',
      gateway: `${requests} answered`,
      measured: `${failures}`,
      bar: '0',
      pass: failures === 0 && shown.text.includes('"new-') && !shown.text.includes('"new-0"'),
      note: `p99 ${rounded(p99Ms, 1)} ms; written ${count} times`,
    };
  } finally {
    await gateway.stop();
    gateway.forget();
  }
}

/** What the gateway adds to a model's own time of loading. */
async function coldStart({ gateway, sandbox }: Stage): Promise<Line> {
  const { llamaSwap } = sandbox;
  await llamaSwap.reset({ settings: true });
  await llamaSwap.settings({ loadMs: LOAD_MS, swap: 'on' });
  const startedAt = performance.now();
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...chatBody(), model: 'qwen2.5-14b-instruct', stream: true }),
  });
  let firstMs = Number.NaN;
  for await (const piece of answer.body ?? []) {
    const isContent = Buffer.from(piece).includes('"content"');
    if (isContent && Number.isNaN(firstMs)) firstMs = performance.now() - startedAt;
  }
  await llamaSwap.reset({ settings: true });
  return {
    what: `first token of a model that takes ${LOAD_MS / 1_000} s to load`,
    floor: '',
    gateway: `${rounded(firstMs / 1_000)} s`,
    measured: `+${rounded(firstMs - LOAD_MS, 0)} ms`,
    bar: `≤ +${BARS.coldMs} ms`,
    pass: answer.status === 200 && firstMs - LOAD_MS <= BARS.coldMs,
  };
}
