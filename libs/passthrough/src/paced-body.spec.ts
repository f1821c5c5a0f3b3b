import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { PassThrough, Readable } from 'node:stream';
import { type GatewayRequest } from '@app/call';
import { MAX_BODY_BYTES, PacedBody, pacedBodyOf } from './paced-body.js';

const QUICK = { maxBytes: 1_000_000, periodMs: 40 };
const ofLength = (length: number): GatewayRequest =>
  ({ headers: { 'content-length': String(length) } }) as unknown as GatewayRequest;

test('a body that tells its length is judged before anything of it is sent', () => {
  expect(() => pacedBodyOf(ofLength(MAX_BODY_BYTES + 1))).toThrow('larger than');
  expect(pacedBodyOf(ofLength(0))).toBeNull();
});

test('a body that tells no length is cut when it becomes too large', async () => {
  const chunks = [Buffer.alloc(6), Buffer.alloc(5)];
  const sent = (maxBytes: number): Promise<Buffer[]> =>
    Readable.from(chunks)
      .pipe(new PacedBody({ ...QUICK, maxBytes }))
      .toArray() as Promise<Buffer[]>;
  await expect(sent(10)).rejects.toMatchObject({ status: 413 });
  expect(Buffer.concat(await sent(11)).length).toBe(11);
});

test('a client that keeps a backend waiting for the rest of its body is given up', async () => {
  const client = new PassThrough();
  const body = client.pipe(new PacedBody(QUICK));
  client.write('the beginning');
  await expect(body.toArray()).rejects.toMatchObject({ status: 408 });
});

test('a client that has to wait for the backend is not to blame', async () => {
  const client = new PassThrough();
  const body = client.pipe(new PacedBody(QUICK));
  client.end(Buffer.alloc(500_000));
  await sleep(150);
  expect(Buffer.concat(await body.toArray()).length).toBe(500_000);
});
