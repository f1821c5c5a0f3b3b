import { describe, expect, test } from '@jest/globals';
import { type SpanNode } from './span-nodes.js';
import { batchText, spanTexts } from './span-text.js';

const node: SpanNode = {
  ...{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', parentId: null },
  ...{ name: 'a "name"', kind: 'client', startMs: 1_796_000_000_000.25, endMs: 1_796_000_000_001 },
  ...{ error: null, attributes: {} },
};
const written = (changes: Partial<SpanNode>): unknown => JSON.parse(spanTexts([{ ...node, ...changes }]));

describe('a span as OTLP has it in JSON', () => {
  test('has its ids, its kind by number, and nanoseconds as text', () => {
    expect(written({})).toEqual({
      ...{ traceId: node.traceId, spanId: node.spanId, name: 'a "name"', kind: 3 },
      ...{ startTimeUnixNano: '1796000000000250000', endTimeUnixNano: '1796000000001000000' },
      ...{ attributes: [], status: { code: 0 } },
    });
  });

  test('names its parent, and why it failed, in a thousand letters', () => {
    expect(written({ parentId: '00f067aa0ba902b7', error: '"'.repeat(5_000) })).toMatchObject({
      parentSpanId: '00f067aa0ba902b7',
      status: { code: 2, message: '"'.repeat(1_000) },
    });
  });

  test('writes every kind of value, and leaves out what is not there', () => {
    const attributes = {
      ...{ text: 'a\n"b"\u2028', empty: '', whole: 3, part: 0.5, no: false, gone: undefined },
      list: ['a', 'b'],
      odd: Number.NaN,
    };
    expect(written({ attributes })).toMatchObject({
      attributes: [
        { key: 'text', value: { stringValue: 'a\n"b"\u2028' } },
        { key: 'empty', value: { stringValue: '' } },
        { key: 'whole', value: { intValue: 3 } },
        { key: 'part', value: { doubleValue: 0.5 } },
        { key: 'no', value: { boolValue: false } },
        { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
        { key: 'odd', value: { doubleValue: 'NaN' } },
      ],
    });
  });

  test('long texts that stand in several spans are the same in each', () => {
    const attributes = { input: 'é"'.repeat(1_000) };
    const [first, second] = JSON.parse(
      `[${spanTexts([
        { ...node, attributes },
        { ...node, attributes },
      ])}]`,
    ) as unknown[];
    expect(first).toEqual(second);
    expect(first).toMatchObject({
      attributes: [{ key: 'input', value: { stringValue: attributes.input } }],
    });
  });
});

test('a batch names resource and scope once, for the spans of every trace', () => {
  const text = batchText([spanTexts([node, node]), spanTexts([node])], {
    resource: { 'service.name': 'llm-gateway' },
    scope: { name: 'scope', version: '1' },
  });
  const { resourceSpans } = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] };
  expect(resourceSpans).toMatchObject([
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'llm-gateway' } }] },
      scopeSpans: [{ scope: { name: 'scope', version: '1' } }],
    },
  ]);
  expect(resourceSpans[0]?.scopeSpans[0]?.spans).toHaveLength(3);
});
