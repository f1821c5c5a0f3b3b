import { randomUUID } from 'node:crypto';
import { type Answer, type Json } from './http.ts';
import { type Gateway } from './gateway.ts';
import { RawConnection } from './raw.ts';

export const SECONDS = 3;

/** WAV of 16 kHz that is heard as `text`. */
export function recording(text = 'the quick brown fox', seconds = SECONDS): Buffer {
  const samples = Buffer.alloc(seconds * 32_000);
  samples.write(`TEXT:<${text}>`, 100, 'latin1');
  const header = Buffer.alloc(44);
  header.write('RIFF\0\0\0\0WAVEfmt ', 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

export type Part = readonly [name: string, value: string | Buffer, fileName?: string, mime?: string];

/** A form as a client sends it. */
export function form(list: readonly Part[], boundary = `b-${randomUUID()}`): { type: string; body: Buffer } {
  const pieces = list.flatMap(([name, value, fileName, mime = 'audio/wav']) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"` +
        (fileName === undefined ? '' : `; filename="${fileName}"\r\nContent-Type: ${mime}`) +
        '\r\n\r\n',
    ),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

export const aFile = (bytes = recording()): Part => ['file', bytes, 'audio.wav'];

export interface Heard extends Answer {
  readonly callId: string;
}

export interface Hearing {
  readonly key: string;
  readonly path?: string;
}

/** Sends a form to be heard. */
export async function hear(gateway: Gateway, list: readonly Part[], how: Hearing): Promise<Heard> {
  const { type, body } = form(list);
  const callId = `heard-${randomUUID()}`;
  const answer = await gateway.http.ask(how.path ?? '/v1/audio/transcriptions', {
    key: how.key,
    body,
    headers: { 'content-type': type, 'x-litellm-call-id': callId },
  });
  return { ...answer, callId };
}

/** The seconds of audio that a row was charged for. */
export const secondsOf = (row: Json): number => Number(row.metadata?.additional_usage_values?.audio_seconds);

/** The beginning of an upload whose body is still to come. */
export function beginUpload(
  gateway: Gateway,
  key: string,
  { type, length }: { type: string; length: number },
): RawConnection {
  const connection = new RawConnection(gateway.port);
  connection.send(
    `POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n` +
      `Content-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`,
  );
  return connection;
}
