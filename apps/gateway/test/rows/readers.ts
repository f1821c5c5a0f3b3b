import { connect, type Socket } from 'node:net';
import { aChat, type Gateway, pause, requestBytes, type StandIn, until } from '../harness.ts';
import { type Field, type Measured, type Row } from './row.ts';

const READERS = 100;
const MEGABYTE = 1_048_576;
const WARM_UP = 500;
/** What kernels keep for both ends of 100 streams takes a small machine a while to move. */
const FILL_MS = 180_000;
/** Less than this in 2 s is a process that moves nothing. */
const IDLE_CPU_SECONDS = 0.3;
/** After 30 s without drain, and what a timer and a look every 250 ms add. */
const DROP_MS = 32_000;
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
  const { llamaSwap } = field.sandbox;
  const look = (): void => {
    peak = Math.max(peak, gateway.usage().rssBytes);
  };
  const filledMs = await buffersFull(gateway, llamaSwap, look);
  const fullAt = performance.now();
  let stillOpen = READERS;
  while (stillOpen > 0 && performance.now() - fullAt < DROP_MS) {
    await pause(250);
    look();
    stillOpen = (await llamaSwap.open()).inProgress;
  }
  const droppedMs = Math.round(performance.now() - fullAt);
  for (const socket of sockets) socket.destroy();
  const rows = await gateway.rows({ user_id: 'sleeper' }, READERS + WARM_UP, 20_000).catch(() => []);
  const growthMb = Math.round((peak - before) / MEGABYTE);
  return {
    pass: growthMb <= ALLOWED_MB && stillOpen === 0 && rows.length === READERS + WARM_UP,
    measured: {
      readers: READERS,
      growthMb,
      allowedMb: Math.round(ALLOWED_MB),
      filledMs,
      droppedMs,
      stillOpen,
      rows: rows.length,
    },
  };
}

/**
 * Waits until nothing moves any more; the time without drain begins here. Gives the milliseconds that took. An upstream
 * that stands still is not enough: its own kernel may have taken megabytes that the gateway still has to send on.
 */
async function buffersFull(gateway: Gateway, llamaSwap: StandIn, look: () => void): Promise<number> {
  const startedAt = performance.now();
  let emittedBefore = -1;
  let cpuBefore = -1;
  await until(
    'the buffers are full',
    async () => {
      look();
      const truth = await llamaSwap.truth();
      const emitted = truth.reduce((sum, { emittedTokens }) => sum + emittedTokens, 0);
      const { cpuSeconds } = gateway.usage();
      const isStill = emitted === emittedBefore && cpuSeconds - cpuBefore < IDLE_CPU_SECONDS;
      emittedBefore = emitted;
      cpuBefore = cpuSeconds;
      return isStill && truth.length > WARM_UP;
    },
    FILL_MS,
    2_000,
  );
  return Math.round(performance.now() - startedAt);
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
    bar: '64 KB a stream, dropped after 30 s without drain, which begins when the buffers of both kernels are full',
    run: neverRead,
  },
];
