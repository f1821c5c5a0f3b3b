import { connect, type Socket } from 'node:net';
import { aChat, type Gateway, pause, requestBytes } from '../harness.ts';
import { type Field, type Measured, type Row } from './row.ts';

const READERS = 100;
const MEGABYTE = 1_048_576;
const WARM_UP = 500;
const DROP_MS = 45_000;
/** 64 KB for each stream, and what the heap breathes by. */
const ALLOWED_MB = (READERS * 65_536) / MEGABYTE + 32;

/** One hundred clients that never read; the upstream writes as fast as it can. */
async function neverRead(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const key = await gateway.key({ user_id: 'sleeper' });
  await field.sandbox.llamaSwap.settings({ answerTokens: 2_000, tokensPerWrite: 64 });
  await warmUp(gateway, key);
  await field.sandbox.llamaSwap.settings({ answerTokens: 300_000, tokensPerWrite: 64 });
  const before = gateway.usage().rssBytes;
  const request = requestBytes({
    target: '/v1/chat/completions',
    key,
    body: JSON.stringify({ ...aChat(), stream: true }),
  });
  const sockets = Array.from({ length: READERS }, () => sleeper(gateway.port, request));
  let peak = before;
  const startedAt = performance.now();
  const { llamaSwap } = field.sandbox;
  for (;;) {
    await pause(250);
    peak = Math.max(peak, gateway.usage().rssBytes);
    const open = (await llamaSwap.open()).inProgress;
    if ((open === 0 && performance.now() - startedAt > 5_000) || performance.now() - startedAt > DROP_MS)
      break;
  }
  const droppedMs = Math.round(performance.now() - startedAt);
  const { inProgress } = await llamaSwap.open();
  for (const socket of sockets) socket.destroy();
  const rows = await gateway.rows({ user_id: 'sleeper' }, READERS + WARM_UP, 20_000).catch(() => []);
  const growthMb = Math.round((peak - before) / MEGABYTE);
  return {
    pass:
      growthMb <= ALLOWED_MB && inProgress === 0 && droppedMs <= DROP_MS && rows.length === READERS + WARM_UP,
    measured: {
      readers: READERS,
      growthMb,
      allowedMb: Math.round(ALLOWED_MB),
      droppedMs,
      stillOpen: inProgress,
      rows: rows.length,
    },
  };
}

/** A heap that has never worked grows for other reasons: as many streams, long ones, that are read. */
async function warmUp(gateway: Gateway, key: string): Promise<void> {
  for (let i = 0; i < WARM_UP / READERS; i += 1) {
    await Promise.all(Array.from({ length: READERS }, () => gateway.chat({ stream: true }, { key })));
  }
}

function sleeper(port: number, request: Buffer): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(request);
  return socket;
}

export const READER_ROWS: readonly Row[] = [
  {
    id: 'U8',
    promise: 'back-pressure end to end',
    bar: '64 KB a stream, dropped after 30 s without drain',
    run: neverRead,
  },
];
