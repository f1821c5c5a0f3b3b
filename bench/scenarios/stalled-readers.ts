import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { usageOf } from '../../apps/gateway/test/harness.ts';
import { StreamLoad } from '../load/streams.ts';
import { type Line, megabytes } from '../report.ts';
import { chatRequest, type Stage } from '../stage.ts';

const READERS = 100;
const WARM_UP_MS = 6_000;
const WATCH_MS = 20_000;
/** 64 KB for each stream in user space, and what the heap breathes by. */
const ALLOWED_BYTES = READERS * 65_536 + 32 * 1_048_576;
const ENDLESS_TOKENS = 300_000;

/** One hundred clients that never read, each with an upstream that writes as fast as it can. */
export async function stalledReaders(stage: Stage): Promise<Line[]> {
  const { llamaSwap } = stage.sandbox;
  const request = chatRequest(stage.gateway, { stream: true });
  await llamaSwap.settings({ truth: 'off', answerTokens: 2_000, tokensPerWrite: 32 });
  await warmUp(stage.gateway.port, request);
  await llamaSwap.settings({ answerTokens: ENDLESS_TOKENS });
  const before = usageOf(stage.gateway.pid).rssBytes;
  const sockets = Array.from({ length: READERS }, () => {
    const socket = connect({ port: stage.gateway.port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(request);
    return socket;
  });
  let peak = before;
  const until = performance.now() + WATCH_MS;
  while (performance.now() < until) {
    await sleep(200);
    peak = Math.max(peak, usageOf(stage.gateway.pid).rssBytes);
  }
  for (const socket of sockets) socket.destroy();
  await llamaSwap.reset({ settings: true });
  await sleep(1_000);
  const open = await llamaSwap.open();
  return [
    {
      what: `RSS growth, ${READERS} clients that never read`,
      floor: '',
      gateway: megabytes(peak),
      measured: `+${megabytes(peak - before)}`,
      bar: `≤ +${megabytes(ALLOWED_BYTES)}`,
      pass: peak - before <= ALLOWED_BYTES && open.inProgress === 0,
      note: `upstream calls still open one second after the clients left: ${open.inProgress}`,
    },
  ];
}

/** A heap that has never worked grows for other reasons: as many fast streams, all of them read. */
async function warmUp(port: number, request: Buffer): Promise<void> {
  const load = new StreamLoad(port, request, READERS);
  await load.start(200);
  await sleep(WARM_UP_MS);
  load.stop();
}
