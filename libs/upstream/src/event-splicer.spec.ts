import { describe, expect, test } from '@jest/globals';
import { EventSplicer } from './event-splicer.js';
import { MESSAGES_PROTOCOL } from './protocols/messages-protocol.js';
import { NATIVE_PROTOCOL } from './protocols/plain-protocols.js';
import { type AnswerProtocol } from './protocols/protocol.js';
import { RESPONSES_PROTOCOL } from './protocols/responses-protocol.js';
import { UsageMeter } from './usage-meter.js';

const START =
  '{"type":"message_start","message":{"id":"msg_1","model":"own","usage":{"input_tokens":7,"cache_read_input_tokens":3,"output_tokens":0}}}';
const TEXT = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi \\u00fc"}}';
const END = '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}';
const STOP = '{"type":"message_stop"}';
const named = (...data: readonly string[]): string =>
  data.map((text) => `event: ${/"type":"(\w+)"/.exec(text)?.[1]}\ndata: ${text}\n\n`).join('');

function spliced(
  stream: string,
  { protocol = MESSAGES_PROTOCOL, pieceBytes = 1e9 }: { protocol?: AnswerProtocol; pieceBytes?: number } = {},
) {
  const meter = new UsageMeter(400);
  const splicer = new EventSplicer(protocol, { model: 'asked', reader: null }, meter);
  const bytes = Buffer.from(stream);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    out.push(...splicer.push(bytes.subarray(at, at + pieceBytes)));
  out.push(...splicer.finish());
  return { splicer, meter, text: Buffer.concat(out).toString() };
}

describe('a stream of named events', () => {
  test('leaves as it came but for the model, its last event held back', () => {
    const { splicer, text } = spliced(named(START, TEXT, END, STOP));
    expect(text).toBe(named(START.replace('"own"', '"asked"'), TEXT, END));
    expect(splicer.lastFrame.toString()).toBe(named(STOP));
    expect(splicer.done).toBe(true);
  });

  test('is the same however it is cut, and whatever its line ends are', () => {
    const whole = spliced(named(START, TEXT, END, STOP));
    for (const pieceBytes of [1, 2, 7, 100]) {
      for (const end of ['\n', '\r\n', '\r']) {
        const stream = named(START, TEXT, END, STOP).replaceAll('\n', end);
        expect(spliced(stream, { pieceBytes }).text).toBe(whole.text);
      }
    }
  });

  test('does not tell the name of the upstream’s model where an event says it twice', () => {
    const twice = START.replace('"model":"own"', '"model":"own","model":"own-too"');
    const [first] = spliced(named(twice, TEXT)).text.split('\n\n');
    expect(first).toContain('"model":"asked"');
    expect(first).not.toContain('own');
    const holders = START.replace('"message":{', '"message":{"model":"own"},"message":{');
    expect(spliced(named(holders)).text).not.toContain('own');
  });

  test('is metered by what the prompt and the answer say of themselves', () => {
    const { meter } = spliced(named(START, TEXT, END, STOP));
    expect(meter.usage()).toMatchObject({
      promptTokens: 10,
      cachedTokens: 3,
      completionTokens: 5,
      estimated: false,
    });
    expect(meter.responseId).toBe('msg_1');
  });

  test('tells what it wrote to the prompt cache, also where it is cut off', () => {
    const start = START.replace(
      '"output_tokens"',
      '"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":2},"output_tokens"',
    );
    for (const stream of [named(start, TEXT, END, STOP), named(start, TEXT)]) {
      expect(spliced(stream).meter.usage()).toMatchObject({
        promptTokens: 15,
        cachedTokens: 3,
        cacheWriteTokens: 5,
        cacheWriteHourTokens: 2,
      });
    }
  });

  test('that is cut off keeps the tokens of its prompt', () => {
    const { meter, splicer } = spliced(named(START, TEXT));
    expect(splicer.done).toBe(false);
    expect(meter.usage()).toMatchObject({
      promptTokens: 10,
      cachedTokens: 3,
      completionTokens: 1,
      estimated: true,
    });
  });

  test('gets the names that its events lack', () => {
    expect(spliced(`data: ${TEXT}\n\n`).text).toBe(named(TEXT));
  });

  test.each([
    [
      'an error event',
      named('{"type":"error","error":{"type":"overloaded_error","message":"busy"}}'),
      'busy',
    ],
    ['a bare error', 'data: {"error":{"message":"broken"}}\n\n', 'broken'],
    ['an error line', 'error: {"code":500,"message":"old","type":"server_error"}\n\n', 'old'],
    ['no JSON', 'event: x\ndata: {oops\n\n', 'The upstream sent an event that is not JSON.'],
  ])('fails at %s', (_, stream, message) => {
    const { splicer } = spliced(named(START, TEXT) + stream);
    expect(splicer.failure?.message).toBe(message);
  });

  test('keeps comments as signs of life', () => {
    expect(spliced(':\n\n: ping\n\n').text).toBe(': keep-alive\n\n: keep-alive\n\n');
  });

  test('has data of several lines joined', () => {
    const stream = 'event: content_block_delta\ndata: {"type":"content_block_delta",\ndata: "index":0}\n\n';
    expect(spliced(stream).text).toBe(
      'event: content_block_delta\ndata: {"type":"content_block_delta", "index":0}\n\n',
    );
  });
});

test('responses have their model in `response`, and end with it', () => {
  const begun = '{"type":"response.created","response":{"id":"resp_1","model":"own","usage":null}}';
  const delta = '{"type":"response.output_text.delta","delta":"Hi"}';
  const end =
    '{"type":"response.completed","response":{"id":"resp_1","model":"own","usage":{"input_tokens":4,"output_tokens":2,"output_tokens_details":{"reasoning_tokens":1}}}}';
  const stream = [begun, delta, end].map((data) => `data: ${data}\n\n`).join('');
  const { text, splicer, meter } = spliced(stream, { protocol: RESPONSES_PROTOCOL });
  expect(text).toBe(
    `event: response.created\ndata: ${begun.replace('own', 'asked')}\n\nevent: response.output_text.delta\ndata: ${delta}\n\n`,
  );
  expect(splicer.lastFrame.toString()).toContain('"model":"asked"');
  expect(meter.usage()).toMatchObject({ promptTokens: 4, completionTokens: 2, reasoningTokens: 1 });
});

test('a response that failed is a failure', () => {
  const failed =
    '{"type":"response.failed","response":{"error":{"code":"server_error","message":"out of memory"}}}';
  const { splicer } = spliced(`data: ${failed}\n\n`, { protocol: RESPONSES_PROTOCOL });
  expect(splicer.failure?.message).toBe('out of memory');
});

test("llama.cpp's own stream has no names and ends with `stop`", () => {
  const pieces = [
    '{"content":"a","stop":false}',
    '{"content":"","model":"own","stop":true,"tokens_evaluated":3,"tokens_predicted":1}',
  ];
  const stream = pieces.map((data) => `data: ${data}\n\n`).join('');
  const { text, splicer, meter } = spliced(stream, { protocol: NATIVE_PROTOCOL });
  expect(text).toBe('data: {"content":"a","stop":false}\n\n');
  expect(splicer.lastFrame.toString()).toContain('"model":"asked"');
  expect(meter.usage()).toMatchObject({ promptTokens: 3, completionTokens: 1 });
});
