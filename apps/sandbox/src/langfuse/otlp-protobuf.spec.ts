import { describe, expect, test } from '@jest/globals';
import { readOtlpProtobuf } from './otlp-protobuf.js';

/** One field with a length: number, then bytes. */
function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

const text = (value: string) => field(1, value);
const attribute = (key: string, value: Buffer) => field(9, Buffer.concat([field(1, key), field(2, value)]));

function spanBytes(...attributes: Buffer[]): Buffer {
  const start = Buffer.alloc(9);
  start[0] = (7 << 3) | 1;
  start.writeBigUInt64LE(1_700_000_000_000_000_000n, 1);
  const ids = [field(1, Buffer.alloc(16, 0xab)), field(2, Buffer.alloc(8, 0xcd))];
  return Buffer.concat([...ids, field(5, 'chat'), start, ...attributes]);
}

const request = (span: Buffer) => field(1, field(2, field(2, span)));

describe('readOtlpProtobuf', () => {
  test('gives the form that the JSON encoding has', () => {
    const bytes = request(spanBytes(attribute('user.id', text('u1'))));
    expect(readOtlpProtobuf(bytes)).toEqual({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId: 'ab'.repeat(16),
                  spanId: 'cd'.repeat(8),
                  name: 'chat',
                  startTimeUnixNano: '1700000000000000000',
                  attributes: [{ key: 'user.id', value: { stringValue: 'u1' } }],
                },
              ],
            },
          ],
        },
      ],
    });
  });

  test('reads numbers, booleans and lists', () => {
    const double = Buffer.concat([Buffer.from([(4 << 3) | 1]), Buffer.alloc(8)]);
    double.writeDoubleLE(0.5, 1);
    const list = field(5, field(1, text('a')));
    const bytes = request(
      spanBytes(
        attribute('int', Buffer.from([3 << 3, 0xac, 0x02])),
        attribute('bool', Buffer.from([2 << 3, 1])),
        attribute('double', double),
        attribute('list', list),
      ),
    );
    expect(JSON.stringify(readOtlpProtobuf(bytes))).toContain(
      JSON.stringify([
        { key: 'int', value: { intValue: 300 } },
        { key: 'bool', value: { boolValue: true } },
        { key: 'double', value: { doubleValue: 0.5 } },
        { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }] } } },
      ]),
    );
  });

  test('skips fields that it does not know', () => {
    const unknown = field(15, 'whatever');
    expect(readOtlpProtobuf(Buffer.concat([unknown, request(spanBytes())]))).toMatchObject({
      resourceSpans: [{}],
    });
  });

  test('refuses what ends too early', () => {
    expect(() => readOtlpProtobuf(request(spanBytes()).subarray(0, 20))).toThrow(RangeError);
  });
});
