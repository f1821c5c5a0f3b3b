import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  configText,
  deployment,
  type Gateway,
  HttpClient,
  type Sandbox,
  startGateway,
  startSandbox,
  usageOf,
} from '../../apps/gateway/test/harness.ts';
import { AUDIO_MODELS } from '../../apps/gateway/test/harness/gateway-config.ts';
import { type Line, megabytes, rounded } from '../report.ts';
import { MEASURED_CORE, OTHER_CORE, type Stage } from '../stage.ts';
import { median, percentile, sorted } from '../statistics.ts';

const MB = 1_048_576;
const TOOL = 'searxng-search';
const BARS = { firstByteMs: 5, growthBytes: 64 * MB, loopMs: 5 } as const;
const SPEECH = { streams: 100, spreadMs: 2_000, msPerPiece: 50, firstByteMs: 20 } as const;
const TEXT = 'The gateway hands the sound on as it is made, piece by piece, and keeps nothing of it. '.repeat(
  2,
);
const UPLOADS = { count: 50, bytes: 100 * MB, pieceBytes: 256 * 1_024 } as const;
const LOOPS = 200;
/** Until what is run again and again is compiled. */
const WARM_UP = { speech: 5, loops: 600 } as const;

interface Place {
  readonly gateway: Gateway;
  readonly sandbox: Sandbox;
  readonly key: string;
}

const PARTS = { speech, uploads, searches };

/** Speech, uploads or searches beside what their backends need by themselves. */
export async function media(stage: Stage, rounds: number, part: keyof typeof PARTS): Promise<Line[]> {
  const sandbox = await startSandbox({
    core: OTHER_CORE,
    backends: ['openedai-speech', 'styletts2', 'faster-whisper', 'searxng'],
  });
  const gateway = await startGateway({
    config: configText({
      models: [...AUDIO_MODELS, deployment('gpt-4', 'qwen3-30b-a3b')],
      general: { search_tools: [{ search_tool_name: TOOL, litellm_params: { search_provider: 'searxng' } }] },
    }),
    llamaSwapUrl: sandbox.llamaSwap.url,
    databaseUrl: await stage.postgres.database(`media_${part}`),
    core: MEASURED_CORE,
    env: { LITELLM_LOG: 'WARNING', ...sandbox.environment },
  });
  try {
    const place = { gateway, sandbox, key: await gateway.key() };
    return await PARTS[part](place, rounds);
  } finally {
    await gateway.stop();
    gateway.forget();
    await sandbox.stop();
  }
}

/** How much more memory a process had at its worst while `work` ran than before. */
async function growthDuring(gateway: Gateway, work: () => Promise<unknown>): Promise<number> {
  const before = usageOf(gateway.pid).rssBytes;
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, usageOf(gateway.pid).rssBytes)), 100);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return most - before;
}

async function speech({ gateway, sandbox, key }: Place, rounds: number): Promise<Line[]> {
  const backend = sandbox.backend('openedai-speech');
  await backend.settings({ msPerPiece: SPEECH.msPerPiece, firstByteMs: SPEECH.firstByteMs, truth: 'off' });
  const own: number[] = [];
  const ours: number[] = [];
  let growth = 0;
  for (let round = 0; round < WARM_UP.speech; round += 1) await streams(gateway.url, key);
  for (let round = 0; round < rounds; round += 1) {
    own.push(...(await streams(backend.url, null)));
    const more = await growthDuring(gateway, async () => ours.push(...(await streams(gateway.url, key))));
    growth = Math.max(growth, more);
  }
  const added = p99(ours) - p99(own);
  return [
    {
      what: `first byte of speech, p99 with ${SPEECH.streams} streams at a time`,
      floor: `${rounded(p99(own), 1)} ms`,
      gateway: `${rounded(p99(ours), 1)} ms`,
      measured: `+${rounded(added, 1)} ms`,
      bar: `≤ +${BARS.firstByteMs} ms`,
      pass: added <= BARS.firstByteMs,
      note: `the floor is the backend itself; ${ours.length} streams each, medians ${rounded(median(own), 1)} and ${rounded(median(ours), 1)} ms`,
    },
    growthLine(`RSS growth, ${SPEECH.streams} speech streams`, growth),
  ];
}

const p99 = (values: readonly number[]): number => percentile(sorted(values), 0.99);

/** All streams at once, begun over two seconds; gives the milliseconds to the first byte of each. */
async function streams(url: string, key: string | null): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const body = JSON.stringify({ model: 'tts-1', voice: 'alloy', input: TEXT });
  const took = await Promise.all(
    Array.from({ length: SPEECH.streams }, async (_, at) => {
      await sleep((at * SPEECH.spreadMs) / SPEECH.streams);
      const startedAt = performance.now();
      const answer = await asked(
        { url: `${url}/v1/audio/speech`, key, agent, type: 'application/json' },
        (sent) => sent.end(body),
      );
      let firstMs = Number.NaN;
      let text = '';
      for await (const piece of answer) {
        if (Number.isNaN(firstMs)) firstMs = performance.now() - startedAt;
        if (answer.statusCode !== 200) text += String(piece);
      }
      if (answer.statusCode !== 200) throw new Error(`speech: ${answer.statusCode} ${text}`);
      return firstMs;
    }),
  );
  agent.destroy();
  return took;
}

interface Target {
  readonly url: string;
  readonly key: string | null;
  readonly agent: Agent;
  readonly type: string;
  readonly length?: number;
}

function asked(
  { url, key, agent, type, length }: Target,
  write: (sent: ReturnType<typeof request>) => unknown,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      agent,
      method: 'POST',
      headers: {
        'content-type': type,
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(length === undefined ? {} : { 'content-length': length }),
      },
    });
    sent.on('response', resolve).on('error', reject);
    write(sent);
  });
}

async function uploads({ gateway, key }: Place): Promise<Line[]> {
  const agent = new Agent();
  const statuses: number[] = [];
  // What has run once is there for good.
  await upload({ url: `${gateway.url}/v1/audio/transcriptions`, key, agent });
  const startedAt = performance.now();
  const growth = await growthDuring(gateway, () =>
    Promise.all(
      Array.from({ length: UPLOADS.count }, async () => {
        statuses.push(await upload({ url: `${gateway.url}/v1/audio/transcriptions`, key, agent }));
      }),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  agent.destroy();
  const line = growthLine(
    `RSS growth, ${UPLOADS.count} uploads of ${megabytes(UPLOADS.bytes)} at once`,
    growth,
  );
  const good = statuses.filter((status) => status === 200).length;
  return [
    {
      ...line,
      pass: line.pass === true && good === UPLOADS.count,
      note: `${good} heard, in ${rounded(seconds, 1)} s, ${rounded((UPLOADS.count * UPLOADS.bytes) / MB / seconds, 0)} MB/s`,
    },
  ];
}

/** A form whose file is made while it is sent; gives the status. */
async function upload(target: Pick<Target, 'url' | 'key' | 'agent'>): Promise<number> {
  const head = Buffer.from(
    '--bench\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n' +
      '--bench\r\ncontent-disposition: form-data; name="file"; filename="long.mp3"\r\ncontent-type: audio/mpeg\r\n\r\n',
  );
  const tail = Buffer.from('\r\n--bench--\r\n');
  const piece = Buffer.alloc(UPLOADS.pieceBytes, 'TEXT:hello. ');
  const length = head.length + UPLOADS.bytes + tail.length;
  const answer = await asked({ ...target, type: 'multipart/form-data; boundary=bench', length }, (sent) => {
    let left = UPLOADS.bytes;
    sent.write(head);
    const pump = (): void => {
      while (left > 0) {
        left -= piece.length;
        if (!sent.write(piece)) return;
      }
      sent.off('drain', pump);
      sent.end(tail);
    };
    sent.on('drain', pump);
    pump();
  });
  answer.resume();
  return answer.statusCode ?? 0;
}

/** A question that takes one search, asked through the gateway, and the same three calls made by hand. */
async function searches({ gateway, sandbox, key }: Place): Promise<Line[]> {
  const [model, search] = [sandbox.llamaSwap, sandbox.backend('searxng')];
  const question = {
    messages: [{ role: 'user', content: 'What is the latest news about llamas?' }],
    tools: [{ type: 'function', function: { name: TOOL, description: 'Search the web for information' } }],
  };
  await gateway.chat(question, { key });
  const second = JSON.parse((await model.lastRequest()).body) as { messages: { role: string }[] };
  const first = { ...second, messages: second.messages.filter(({ role }) => role === 'user') };
  const found = (await search.lastRequest()).body;
  for (let at = 0; at < WARM_UP.loops; at += 1) await gateway.chat(question, { key });
  const [atModel, atSearch] = [new HttpClient(model.url), new HttpClient(search.url)];
  const byHand: number[] = [];
  const ours: number[] = [];
  const cpuBefore = usageOf(gateway.pid).cpuSeconds;
  for (let at = 0; at < LOOPS; at += 1) {
    byHand.push(
      await timed(async () => {
        await atModel.ask('/v1/chat/completions', { body: first });
        await atSearch.ask('/search', {
          body: found,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        });
        await atModel.ask('/v1/chat/completions', { body: second });
      }),
    );
    ours.push(await timed(() => gateway.chat(question, { key })));
  }
  await Promise.all([atModel.close(), atSearch.close()]);
  const cpuSeconds = usageOf(gateway.pid).cpuSeconds - cpuBefore;
  const added = median(ours) - median(byHand);
  return [
    {
      what: 'what the search loop adds to a round',
      floor: `${rounded(median(byHand), 1)} ms`,
      gateway: `${rounded(median(ours), 1)} ms`,
      measured: `+${rounded(added, 1)} ms`,
      bar: `≤ +${BARS.loopMs} ms`,
      pass: added <= BARS.loopMs,
      note: `the floor makes the same two calls and the search by hand; p99 ${rounded(p99(byHand), 1)} and ${rounded(p99(ours), 1)} ms of ${LOOPS}; CPU of the gateway ${rounded((cpuSeconds / LOOPS) * 1_000, 1)} ms for all of it`,
    },
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

const growthLine = (what: string, bytes: number): Line => ({
  what,
  floor: '',
  gateway: '',
  measured: `+${megabytes(bytes)}`,
  bar: `≤ +${megabytes(BARS.growthBytes)}`,
  pass: bytes <= BARS.growthBytes,
});
