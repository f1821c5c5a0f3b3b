import { built, cut, must, type Target } from '../target.ts';

interface Splicer {
  readonly done: boolean;
  readonly failure: { readonly statusCode?: number; readonly message: string } | null;
  readonly lastFrame: Buffer;
  push(chunk: Buffer): Buffer[];
  finish(): Buffer[];
}

interface Meter {
  usage(): object;
}

interface UpstreamLibrary {
  readonly SseSplicer: new (options: object, meter: Meter) => Splicer;
  readonly EventSplicer: new (protocol: object, shown: object, meter: Meter) => Splicer;
  readonly UsageMeter: new (promptBytes: number) => Meter;
  readonly MESSAGES_PROTOCOL: object;
  readonly RESPONSES_PROTOCOL: object;
}

const library = await built<UpstreamLibrary>('libs/upstream/src/index.js');
const MODEL = 'gpt-4';
const MOST_BYTE_BY_BYTE = 1_024;

interface Read {
  readonly out: string;
  readonly done: boolean;
  readonly failure: string | null;
  readonly last: string;
  readonly usage: string;
}

function read(splicer: Splicer, meter: Meter, pieces: readonly Buffer[]): Read {
  const out = pieces.flatMap((piece) => splicer.push(Buffer.from(piece)));
  out.push(...splicer.finish());
  return {
    out: Buffer.concat(out).toString('utf8'),
    done: splicer.done,
    failure: splicer.failure?.message ?? null,
    last: splicer.lastFrame.toString('utf8'),
    usage: JSON.stringify(meter.usage()),
  };
}

/** Wherever the network cuts it, the client gets the same. */
function sameInAnyCut(bytes: Buffer, reader: (pieces: readonly Buffer[]) => Read): Read {
  const whole = reader([bytes]);
  const cuts = [cut(bytes, 7), cut(bytes, 64)];
  if (bytes.length <= MOST_BYTE_BY_BYTE) cuts.push(cut(bytes, 1));
  for (const pieces of cuts) {
    const one = reader(pieces);
    for (const name of ['out', 'done', 'failure', 'last', 'usage'] as const)
      must(
        one[name] === whole[name],
        `cut elsewhere, ${name} is ${String(one[name])}, not ${String(whole[name])}`,
      );
  }
  return whole;
}

/** Events of a stream as the standard has it, without what carries no data; what follows the last blank line is one more. */
function eventsIn(bytes: Buffer): string[] {
  const text = bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  return text
    .replace(/\r\n?/g, '\n')
    .split(/\n{2,}/)
    .map((frame) => {
      const data = frame.split('\n').filter((line) => line.startsWith('data:'));
      return data.map((line) => line.slice(line[5] === ' ' ? 6 : 5)).join(' ');
    })
    .filter((data) => data !== '');
}

/** Every frame that leaves is one event of one JSON object, or a comment. */
function dataOut(out: string): Record<string, unknown>[] {
  if (out === '') return [];
  must(out.endsWith('\n\n'), 'the last frame does not end');
  const events: Record<string, unknown>[] = [];
  for (const frame of out.slice(0, -2).split('\n\n')) {
    must(!frame.includes('\r'), 'a frame holds a CR');
    if (frame === ': keep-alive') continue;
    const lines = frame.split('\n');
    const data = lines.filter((line) => line.startsWith('data: '));
    must(data.length === 1, `a frame with ${data.length} lines of data left: ${JSON.stringify(frame)}`);
    must(
      lines.length === 1 || (lines.length === 2 && lines[0]?.startsWith('event: ') === true),
      `a frame of lines that nobody asked for left: ${JSON.stringify(frame)}`,
    );
    events.push(JSON.parse(data[0]?.slice(6) ?? '') as Record<string, unknown>);
  }
  return events;
}

/** Time stands still while an input is read: chunks that are made here carry it. */
function atOneTime<T>(work: () => T): T {
  const { now } = Date;
  Date.now = () => 1_700_000_000_000;
  try {
    return work();
  } finally {
    Date.now = now;
  }
}

const STREAM = [
  'data: {"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1,"id":"chatcmpl-1","model":"own.gguf","object":"chat.completion.chunk"}',
  'data: {"choices":[{"finish_reason":null,"index":0,"delta":{"content":"H\\u00e4 \\"model\\""}}],"created":1,"id":"chatcmpl-1","model":"own.gguf","object":"chat.completion.chunk"}',
  'data: {"choices":[],"created":1,"id":"chatcmpl-1","model":"own.gguf","object":"chat.completion.chunk","usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}',
  'data: [DONE]',
  '',
].join('\n\n');

/** The stream of chunks of a chat. The first byte says whether its client wants the usage. */
export const SSE: Target = {
  name: 'sse',
  maxBytes: 4_096,
  seeds: [
    `0${STREAM}`,
    `1${STREAM}`,
    '0: ping\n\nerror: {"message":"x","code":500}\n\n',
    '0data: {"id":1,"choices":[{"delta":{"tool_calls":[{"id":"a"}]}}]}\r\n\r\ndata: x\n',
    '1\u00ef\u00bb\u00bfevent: a\ndata: {"usage":\ndata: {}}\n\n{"error":{"message":"x"}}\n\n',
  ],
  words: [
    'data: ',
    'data:',
    '[DONE]',
    'error: ',
    'event: ',
    'id: 1',
    'retry: 9',
    '"model":',
    '"usage":{}',
    '"choices":[]',
    '"error":null',
    '\u00ef\u00bb\u00bf',
    '"delta":{}',
    '"tool_calls":[{}]',
    'NaN',
    '\\u2028',
    '\u00e2\u0080\u00a8',
  ],
  run: (input) =>
    atOneTime(() => {
      const bytes = input.subarray(1);
      const wantsUsage = (input[0] ?? 0) % 2 === 1;
      const { out, failure, done } = sameInAnyCut(bytes, (pieces) => {
        const meter = new library.UsageMeter(100);
        const options = {
          model: MODEL,
          wantsUsage,
          fallbackId: 'chatcmpl-own',
          object: 'chat.completion.chunk',
        };
        return read(new library.SseSplicer(options, meter), meter, pieces);
      });
      const left = dataOut(out);
      for (const event of left) must(event['model'] === MODEL, 'the name of another model left');
      const came = eventsIn(bytes);
      const end = came.findIndex((data) => data.trim() === '[DONE]');
      const due = end < 0 ? came : came.slice(0, end);
      must(
        left.length <= due.length + (wantsUsage ? 1 : 0),
        `${due.length} events came, ${left.length} left`,
      );
      if (failure !== null) return;
      must(done === end >= 0, done ? 'it is done without having been told' : 'it was told to be done');
      const plain = due.filter((data) => !hasUsage(data)).length;
      must(left.length >= plain, `${plain} events without usage came, ${left.length} left`);
    }),
};

function hasUsage(data: string): boolean {
  try {
    const { usage } = JSON.parse(data) as { usage?: unknown };
    return typeof usage === 'object' && usage !== null;
  } catch {
    // What is no JSON and still no failure can only be a count that is none.
    return true;
  }
}

const MESSAGES = [
  'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","model":"own.gguf","usage":{"input_tokens":7,"output_tokens":1}}}',
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}',
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}',
  'event: message_stop\ndata: {"type":"message_stop"}',
  '',
].join('\n\n');
const RESPONSES = [
  'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1","model":"own.gguf"}}',
  'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hi"}',
  'event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_1","model":"own.gguf","usage":{"input_tokens":7,"output_tokens":3}}}',
  '',
].join('\n\n');

/** Streams of named events. The first byte chooses the protocol. */
export const EVENTS: Target = {
  name: 'events',
  maxBytes: 4_096,
  seeds: [
    `0${MESSAGES}`,
    `1${RESPONSES}`,
    '0: ping\n\nevent: error\ndata: {"type":"error","error":{"message":"x"}}\n\n',
  ],
  words: [
    'data: ',
    'event: ',
    '"type":"message_stop"',
    '"type":"response.completed"',
    '"type":"error"',
    '"usage":{}',
    '"model":',
    '"message":{}',
    '"response":{}',
    '[DONE]',
    '\r\n',
    '"delta":{}',
    '"index":-1',
  ],
  run: (input) =>
    atOneTime(() => {
      const bytes = input.subarray(1);
      const protocol = (input[0] ?? 0) % 2 === 0 ? library.MESSAGES_PROTOCOL : library.RESPONSES_PROTOCOL;
      const { out, last } = sameInAnyCut(bytes, (pieces) => {
        const meter = new library.UsageMeter(100);
        return read(new library.EventSplicer(protocol, { model: MODEL, reader: null }, meter), meter, pieces);
      });
      const left = dataOut(out + last);
      for (const event of left)
        must(
          !('model' in event) || protocol !== library.MESSAGES_PROTOCOL || event['type'] !== 'message',
          'a model left',
        );
      const came = eventsIn(bytes).length;
      must(left.length <= came, `${came} events came, ${left.length} left`);
    }),
};
