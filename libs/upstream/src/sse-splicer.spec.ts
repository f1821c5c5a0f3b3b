import { describe, expect, test } from '@jest/globals';
import { SseSplicer, type SplicerOptions } from './sse-splicer.js';
import { UsageMeter } from './usage-meter.js';

const OPTIONS: SplicerOptions = {
  model: 'gpt-4',
  wantsUsage: false,
  fallbackId: 'chatcmpl-own',
  object: 'chat.completion.chunk',
};

const chunk = (delta: unknown, extra: object = {}) =>
  JSON.stringify({
    choices: [{ finish_reason: null, index: 0, delta }],
    created: 1787400000,
    id: 'chatcmpl-abc',
    model: 'Qwen3-30B.gguf',
    object: 'chat.completion.chunk',
    ...extra,
  });
const frame = (json: string) => `data: ${json}\n\n`;
const USAGE = chunk(null, {
  choices: [],
  usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
});
const DONE = 'data: [DONE]\n\n';
const STREAM = [
  frame(chunk({ role: 'assistant', content: null })),
  frame(chunk({ content: 'Hällo "model":"x" 𝄞' })),
  frame(chunk({ content: '\\' })),
  frame(chunk({}).replace('"finish_reason":null', '"finish_reason":"stop"')),
  frame(USAGE),
  DONE,
].join('');

function splice(pieces: readonly Buffer[], options: Partial<SplicerOptions> = {}) {
  const meter = new UsageMeter(100);
  const splicer = new SseSplicer({ ...OPTIONS, ...options }, meter);
  const out = pieces.flatMap((piece) => splicer.push(piece));
  out.push(...splicer.finish());
  return { text: Buffer.concat(out).toString(), splicer, meter };
}
const spliced = (text: string, options: Partial<SplicerOptions> = {}) => splice([Buffer.from(text)], options);
const events = (text: string) =>
  text
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => JSON.parse(event.slice(6)) as Record<string, unknown>);

describe('a stream of chunks', () => {
  test('leaves as it came, but for the name of the model', () => {
    const expected = STREAM.replace(frame(USAGE), '').replace(DONE, '').replaceAll('Qwen3-30B.gguf', 'gpt-4');
    expect(spliced(STREAM).text).toBe(expected);
  });

  test('is read wherever the byte order mark before it is cut', () => {
    const bytes = Buffer.from(`\ufeff${STREAM}`);
    for (const at of [1, 2, 3]) {
      const { text, splicer } = splice([bytes.subarray(0, at), bytes.subarray(at)]);
      expect([text, splicer.failure]).toEqual([spliced(STREAM).text, null]);
    }
  });

  test('does not tell the name of the upstream’s model where a chunk says it twice', () => {
    const twice = chunk({ content: 'x' }, { a: 1 }).replace('"a":1', '"model":"Qwen3-30B.gguf"');
    const { text } = spliced(frame(twice) + DONE);
    expect(text).not.toContain('Qwen3');
    expect(events(text)).toMatchObject([{ model: 'gpt-4', choices: [{ delta: { content: 'x' } }] }]);
  });

  test('nor where it says it a second time with an escape in the name', () => {
    const twice = chunk({ content: 'x' }, { a: 1 }).replace(
      '"a":1',
      String.raw`"mod\u0065l":"Qwen3-30B.gguf"`,
    );
    const { text } = spliced(frame(twice) + DONE);
    expect(text).not.toContain('Qwen3');
    expect(events(text)).toMatchObject([{ model: 'gpt-4' }]);
  });

  test('leaves byte for byte where it has the name that was asked for, in whatever way its frames are written', () => {
    const expected = STREAM.replace(frame(USAGE), '').replace(DONE, '');
    for (const written of [STREAM, STREAM.replaceAll('data: ', 'data:'), STREAM.replaceAll('\n', '\r\n')]) {
      const bytes = Buffer.from(written);
      for (let at = 0; at < bytes.length; at += 7) {
        const { text } = splice([bytes.subarray(0, at), bytes.subarray(at)], { model: 'Qwen3-30B.gguf' });
        expect(text).toBe(expected);
      }
    }
  });

  test('gives the same bytes wherever the network cuts it', () => {
    const whole = spliced(STREAM).text;
    const bytes = Buffer.from(STREAM);
    for (const size of [1, 2, 3, 7, 64, 257]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(splice(pieces).text).toBe(whole);
    }
  });

  test('gives the same events with CRLF, CR, a byte order mark, comments and several data lines', () => {
    const expected = events(spliced(STREAM).text);
    const crlf = STREAM.replaceAll('\n', '\r\n');
    expect(events(spliced(crlf).text)).toEqual(expected);
    expect(events(spliced(STREAM.replaceAll('\n', '\r')).text)).toEqual(expected);
    expect(events(spliced(`\ufeff${STREAM}`).text)).toEqual(expected);
    expect(events(spliced(STREAM.replaceAll('data: {', ': ping\n\nid: 1\nretry: 5\ndata:{')).text)).toEqual(
      expected,
    );
    expect(events(spliced(STREAM.replaceAll(',"created"', ',\ndata: "created"')).text)).toEqual(expected);
    const cut = Buffer.from(crlf);
    expect(events(splice(Array.from(cut, (_, i) => cut.subarray(i, i + 1))).text)).toEqual(expected);
  });

  test('gives the usage chunk to a client that asked, once, and meters it either way', () => {
    const { text, meter } = spliced(STREAM, { wantsUsage: true });
    expect(events(text).filter((event) => 'usage' in event)).toHaveLength(1);
    expect(meter.usage()).toMatchObject({ promptTokens: 7, completionTokens: 3, estimated: false });
    expect(spliced(STREAM).meter.usage()).toEqual(meter.usage());
    const twice = STREAM.replace(frame(USAGE), frame(USAGE) + frame(USAGE));
    expect(
      events(spliced(twice, { wantsUsage: true }).text).filter((event) => 'usage' in event),
    ).toHaveLength(1);
  });

  test('owes a usage chunk where the upstream sent none, and counts by itself', () => {
    const { text, meter } = spliced(STREAM.replace(frame(USAGE), ''), { wantsUsage: true });
    expect(events(text).at(-1)).toMatchObject({
      choices: [],
      model: 'gpt-4',
      usage: { completion_tokens: 2 },
    });
    expect(meter.usage()).toMatchObject({ completionTokens: 2, estimated: true });
  });

  test('counts by itself where the figures are no JSON, whether or not the client asked', () => {
    const odd = STREAM.replace('"prompt_tokens":7', '"prompt_tokens":NaN');
    for (const wantsUsage of [true, false]) {
      const { text, meter, splicer } = spliced(odd, { wantsUsage });
      expect(splicer.failure).toBeNull();
      expect(events(text).filter((event) => 'usage' in event)).toHaveLength(wantsUsage ? 1 : 0);
      expect(meter.usage()).toMatchObject({ completionTokens: 2, estimated: true });
    }
  });

  test('says nothing after the end', () => {
    const { text, splicer } = spliced(STREAM + frame(chunk({ content: 'late' })));
    expect(splicer.done).toBe(true);
    expect(text).not.toContain('late');
    expect(text).not.toContain('[DONE]');
  });

  test('drops empty data, which every client takes for broken JSON', () => {
    expect(spliced(`data:\n\ndata: \n\n${STREAM}`).text).toBe(spliced(STREAM).text);
  });
});

describe('a chunk that clients would stumble over', () => {
  test('without an id gets one, by which its row is found; one of the upstream comes before it', () => {
    const bare = frame(JSON.stringify({ choices: [{ index: 0, delta: { content: 'a' } }] }));
    const { text, meter } = spliced(bare + DONE);
    expect([events(text.replace(DONE, ''))[0]?.['id'], meter.responseId]).toEqual([
      'chatcmpl-own',
      'chatcmpl-own',
    ]);
    expect(spliced(bare + STREAM).meter.responseId).toBe('chatcmpl-abc');
  });

  test('gets its identity, and the first one the assistant role', () => {
    const loading = 'data: {"choices":[{"delta":{"reasoning_content":"━━"}}]}\n\n';
    const [first, second] = events(spliced(loading + loading + STREAM).text);
    expect(first).toMatchObject({
      id: 'chatcmpl-own',
      object: 'chat.completion.chunk',
      model: 'gpt-4',
      choices: [{ index: 0, delta: { role: 'assistant', reasoning_content: '━━' } }],
    });
    expect(second).toMatchObject({ choices: [{ index: 0, delta: { reasoning_content: '━━' } }] });
    expect(JSON.stringify(second)).not.toContain('assistant');
  });

  test('gets the index of its tool calls', () => {
    const call = { tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{' } }] };
    const [, event] = events(spliced(frame(chunk({ role: 'assistant' })) + frame(chunk(call)) + DONE).text);
    expect(event).toMatchObject({ choices: [{ delta: { tool_calls: [{ index: 0, id: 'a' }] } }] });
  });

  test('with a tool call that has its index leaves as it came', () => {
    const json = chunk({ tool_calls: [{ index: 0, function: { arguments: '{"index":1}' } }] });
    const text = frame(chunk({ role: 'assistant' })) + frame(json);
    expect(spliced(text + DONE).text).toBe(text.replaceAll('Qwen3-30B.gguf', 'gpt-4'));
  });
});

describe('an error in the stream', () => {
  const started = frame(chunk({ role: 'assistant', content: 'Hi' }));

  test.each([
    ['a data frame', 'data: {"error":{"code":500,"message":"boom","type":"server_error"}}\n\n'],
    [
      'a line that begins with error:',
      'error: {"code":500,"message":"boom","type":"server_error"}\n\ndata: [DONE]\n\n',
    ],
    ['bare JSON appended to the stream', '{"src":"llama-swap","error":"boom"}\n\n'],
    ['bare JSON without a line end', '{"src":"llama-swap","error":"boom"}'],
  ])('is seen as %s, and what came before still leaves', (_, text) => {
    const { text: out, splicer } = spliced(started + text);
    expect(splicer.failure).toMatchObject({ message: 'boom', status: 502 });
    expect(events(out)).toHaveLength(1);
  });

  test('is raised for what is no JSON and for an event without end', () => {
    expect(spliced(`${started}data: garbage\n\n`).splicer.failure?.message).toContain('not JSON');
    expect(spliced(`${started}data: {"id":"x","object":"y" ,,}\n\n`).splicer.failure?.message).toContain(
      'not JSON',
    );
    const line = Buffer.from(`data: {"a":"${'x'.repeat(70_000)}`);
    const endless = [
      Buffer.from(started),
      line,
      ...Array.from({ length: 20 }, () => Buffer.alloc(70_000, 0x78)),
    ];
    expect(splice(endless).splicer.failure?.message).toContain('larger than 1 MB');
  });

  test('is raised at the first frame that is no JSON, and that frame does not leave', () => {
    const broken =
      '{"id":"x","object":"chat.completion.chunk","model":"m","choices":[{"delta":{"content":"a"}]}';
    for (const data of [broken, '\0{"a":1}', '[1]', '"x"']) {
      const { text, splicer } = spliced(`${started}data: ${data}\n\n`);
      expect(splicer.failure?.message).toContain('not JSON');
      expect(events(text)).toHaveLength(1);
    }
  });

  test('null is none', () => {
    expect(spliced(frame(chunk({ role: 'assistant' }, { error: null })) + DONE).splicer.failure).toBeNull();
  });
});

test('text with separators of every kind stays one event', () => {
  let seed = 11;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  const alphabet = [
    '\r',
    '\n',
    '\n\n',
    'data:',
    '\u2028',
    '\u2029',
    '"',
    '\\',
    ': ping',
    '[DONE]',
    'ä',
    '𝄞',
    ' ',
    'x',
  ];
  for (let round = 0; round < 300; round++) {
    const texts = Array.from({ length: 1 + random(6) }, () =>
      Array.from({ length: random(8) }, () => alphabet[random(alphabet.length)]).join(''),
    );
    const stream = texts.map((content) => frame(chunk({ role: 'assistant', content }))).join('') + DONE;
    const bytes = Buffer.from(stream);
    const cut = random(bytes.length);
    const { text } = splice([bytes.subarray(0, cut), bytes.subarray(cut)]);
    const contents = events(text).map(
      (event) => (event['choices'] as [{ delta: { content: string } }])[0].delta.content,
    );
    expect(contents).toEqual(texts);
  }
});
