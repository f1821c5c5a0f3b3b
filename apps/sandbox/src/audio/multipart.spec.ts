import { describe, expect, test } from '@jest/globals';
import { readMultipart } from './multipart.js';

const TYPE = 'multipart/form-data; boundary=b';
const form = (...parts: string[]) =>
  Buffer.from(`${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`, 'latin1');

describe('readMultipart', () => {
  test('gives name, file name, type and bytes of each part, in order', () => {
    const file =
      'Content-Disposition: form-data; name="file"; filename="a b.wav"\r\nContent-Type: audio/wav\r\n\r\n\x00\xff\r\n1';
    const field = 'Content-Disposition: form-data; name="model"\r\n\r\nwhisper-1';
    expect(readMultipart(TYPE, form(file, field))).toEqual([
      { name: 'file', filename: 'a b.wav', type: 'audio/wav', data: Buffer.from('\x00\xff\r\n1', 'latin1') },
      { name: 'model', filename: null, type: null, data: Buffer.from('whisper-1') },
    ]);
  });

  test('keeps fields that come more than once', () => {
    const field = (value: string) => `Content-Disposition: form-data; name="g[]"\r\n\r\n${value}`;
    const parts = readMultipart(TYPE, form(field('word'), field('segment')));
    expect(parts?.map((part) => part.data.toString())).toEqual(['word', 'segment']);
  });

  test('does not take another type for a form', () => {
    expect(readMultipart('application/json', Buffer.from('{}'))).toBeUndefined();
  });
});
