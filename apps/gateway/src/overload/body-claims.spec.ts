import { EventEmitter } from 'node:events';
import { type ServerResponse } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { BodyClaims } from './body-claims.js';

const MEGABYTE = 1024 * 1024;
const answer = (): ServerResponse => new EventEmitter() as ServerResponse;
const json = (bytes: number) => ({ 'content-type': 'application/json', 'content-length': String(bytes) });

describe('memory for large bodies', () => {
  test('is given to as many as have room, and back when their answers end', () => {
    const claims = new BodyClaims(50 * MEGABYTE);
    const [first, second] = [answer(), answer()];
    expect(claims.take(json(20 * MEGABYTE), first)).toBe(true);
    expect(claims.take(json(20 * MEGABYTE), second)).toBe(true);
    expect(claims.take(json(20 * MEGABYTE), answer())).toBe(false);
    first.emit('close');
    expect(claims.take(json(20 * MEGABYTE), answer())).toBe(true);
  });

  test('is not asked for small bodies, nor for uploads, which are not held', () => {
    const claims = new BodyClaims(MEGABYTE);
    claims.take(json(2 * MEGABYTE), answer());
    expect(claims.take(json(1_000), answer())).toBe(true);
    const upload = { 'content-type': 'multipart/form-data; boundary=x', 'content-length': '99999999' };
    expect(claims.take(upload, answer())).toBe(true);
  });

  test('is there for a single body of any size: its door judges that', () => {
    expect(new BodyClaims(MEGABYTE).take(json(90 * MEGABYTE), answer())).toBe(true);
  });
});
