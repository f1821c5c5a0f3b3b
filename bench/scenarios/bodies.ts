import { setTimeout as sleep } from 'node:timers/promises';
import { usageOf } from '../../apps/gateway/test/harness.ts';
import { Connection } from '../load/connection.ts';
import { type Line, megabytes, rounded } from '../report.ts';
import { chatRequest, type Stage } from '../stage.ts';

const COUNT = 60;
const BODY_BYTES = 1_024 * 1_024;
const BAR_BYTES = 3 * 1_048_576;
/** Longer than all of them take to come. */
const ANSWER_MS = 6_000;
const WATCH_MS = 5_000;

/** Bodies of 1 MB that wait for their answers: what one of them keeps. */
export async function bodies(stage: Stage): Promise<Line[]> {
  const { llamaSwap } = stage.sandbox;
  const { gateway } = stage;
  const request = chatRequest(gateway, {
    messages: [{ role: 'user', content: 'x'.repeat(BODY_BYTES) }],
  });
  await llamaSwap.settings({ truth: 'off', contextTokens: 10_000_000, decodeMsPerToken: 0, answerTokens: 1 });
  await ask(gateway.port, request, 4);
  await llamaSwap.settings({ answerTokens: 2, decodeMsPerToken: ANSWER_MS / 2 });
  const before = usageOf(gateway.pid).rssBytes;
  const asking = ask(gateway.port, request, COUNT);
  let peak = before;
  const until = performance.now() + WATCH_MS;
  while (performance.now() < until) {
    peak = Math.max(peak, usageOf(gateway.pid).rssBytes);
    await sleep(100);
  }
  const failures = await asking;
  await llamaSwap.reset({ settings: true });
  const each = (peak - before) / COUNT;
  return [
    {
      what: `RSS per body of 1 MB in flight, ${COUNT} of them`,
      floor: '',
      gateway: megabytes(peak),
      measured: `${rounded(each / 1_048_576, 1)} MB`,
      bar: `≤ ${megabytes(BAR_BYTES)}`,
      pass: failures === 0 && each <= BAR_BYTES,
      note: `failures: ${failures}`,
    },
  ];
}

/** One request each on so many connections; resolves with how many failed. */
async function ask(port: number, request: Buffer, count: number): Promise<number> {
  let failures = 0;
  const asked = Array.from({ length: count }, async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const connection = new Connection(port, [request], {
      done: (_, ok) => resolve(ok),
      broken: () => resolve(false),
    });
    connection.send();
    if (!(await promise)) failures += 1;
    connection.socket.destroy();
  });
  await Promise.all(asked);
  return failures;
}
