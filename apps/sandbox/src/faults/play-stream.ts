import { gzipSync } from 'node:zlib';
import type { Exchange } from '../core/exchange.js';
import { endSocket, Player, type Frame, type Playback } from '../core/player.js';
import type { Fault } from './fault.js';
import { wireFaults } from './frame-faults.js';

export interface StreamedAnswer {
  status: number;
  /** Flat list of names and values. */
  headers: readonly string[];
  frames: Iterator<Frame, undefined>;
  paceMs: number;
  perTurn: number;
  /** Whether the frames are server-sent events, which faults may then spoil line by line. */
  events: boolean;
  countPieces?: boolean;
}

/** Streams an answer; with a fault, through everything that the fault spoils. */
export function playStream(exchange: Exchange, answer: StreamedAnswer): void {
  const { fault } = exchange;
  if (exchange.gone) return;
  exchange.entry.status = answer.status;
  if (fault !== undefined) {
    playSpoiled(exchange, fault, answer);
    return;
  }
  if (!exchange.res.headersSent) exchange.res.writeHead(answer.status, [...answer.headers]);
  new Player(exchange, answer).start();
}

function playSpoiled(exchange: Exchange, fault: Fault, answer: StreamedAnswer): void {
  const wire = answer.events ? wireFaults(fault, answer.frames) : answer.frames;
  const layers = fault.numberIf('gzip', 1);
  const frames = rechunk(fault, layers === undefined ? wire : zipped(wire, layers));
  const headers = spoilHeaders(fault, answer.headers, layers);
  sendInformation(exchange, fault);
  const playback: Playback = {
    ...answer,
    frames,
    paceMs: fault.numberIf('pace', answer.paceMs) ?? answer.paceMs,
    stallAfter: fault.numberIf('stall', 3),
    endAfter: endOf(fault),
  };
  const rate = fault.numberIf('slow', 10);
  if (rate !== undefined)
    Object.assign(playback, { paceMs: (1000 * pieceOf(rate)) / rate, countPieces: true });
  if (fault.has('short-length')) playback.onEnd = () => endSocket(exchange, 'cut');
  if (playback.endAfter?.count !== 0 && playback.stallAfter !== 0 && !exchange.res.headersSent) {
    exchange.res.writeHead(answer.status, headers);
    exchange.res.flushHeaders();
  }
  new Player(exchange, playback).start();
}

function endOf(fault: Fault): Playback['endAfter'] {
  for (const how of ['rst', 'fin', 'cut'] as const) {
    const count = fault.numberIf(how, 3);
    if (count !== undefined) return { count, how };
  }
  return undefined;
}

function pieceOf(bytesPerSecond: number): number {
  return Math.max(1, Math.floor(bytesPerSecond / 20));
}

function rechunk(fault: Fault, frames: Iterator<Frame, undefined>): Iterator<Frame, undefined> {
  if (fault.has('coalesce')) return coalesced(frames);
  const rate = fault.numberIf('slow', 10);
  const size = rate === undefined ? fault.numberIf('split', 1) : pieceOf(rate);
  return size === undefined ? frames : pieces(frames, size);
}

function* pieces(frames: Iterator<Frame, undefined>, size: number): Generator<Frame, undefined> {
  for (let next = frames.next(); next.done !== true; next = frames.next()) {
    const bytes = Buffer.from(next.value.data as string);
    for (let at = 0; at < bytes.length; at += size) {
      const last = at + size >= bytes.length;
      yield { data: bytes.subarray(at, at + size), tokens: last ? next.value.tokens : 0 };
    }
  }
}

function all(frames: Iterator<Frame, undefined>): { data: Buffer; tokens: number } {
  const parts: Buffer[] = [];
  let tokens = 0;
  for (let next = frames.next(); next.done !== true; next = frames.next()) {
    parts.push(Buffer.from(next.value.data as string));
    tokens += next.value.tokens;
  }
  return { data: Buffer.concat(parts), tokens };
}

function* coalesced(frames: Iterator<Frame, undefined>): Generator<Frame, undefined> {
  yield all(frames);
}

function* zipped(frames: Iterator<Frame, undefined>, layers: number): Generator<Frame, undefined> {
  const { data, tokens } = all(frames);
  let packed: Buffer = data;
  for (let layer = 0; layer < layers; layer++) packed = gzipSync(packed);
  yield { data: packed, tokens };
}

const HOSTILE_HEADERS = [
  ['Set-Cookie', '__Host-sess=stolen; Path=/; Secure'],
  ['Service-Worker-Allowed', '/'],
  ['Clear-Site-Data', '"*"'],
  ['Refresh', '0; url=http://127.0.0.1:9/'],
  ['Link', '<http://127.0.0.1:9/style.css>; rel=stylesheet'],
].flat();

function spoilHeaders(fault: Fault, headers: readonly string[], layers: number | undefined): string[] {
  const length = fault.has('short-length') ? 'longer' : layers === undefined ? 'as is' : 'none';
  const own = new Set(Object.keys(fault.headers).map((name) => name.toLowerCase()));
  const spoiled: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    let value = headers[i + 1] ?? '';
    if (own.has(name.toLowerCase())) continue;
    if (name === 'Content-Length' && length === 'none') continue;
    if (name === 'Content-Length' && length === 'longer') value = String(Number(value) + 100);
    if (name === 'Content-Type' && fault.has('wrong-type')) value = 'text/html; charset=utf-8';
    spoiled.push(name, value);
  }
  for (const [name, value] of Object.entries(fault.headers)) spoiled.push(name, value);
  if (length === 'longer' && !headers.includes('Content-Length')) spoiled.push('Content-Length', '1000000');
  if (layers !== undefined) spoiled.push('Content-Encoding', new Array(layers).fill('gzip').join(', '));
  if (fault.has('setcookie')) spoiled.push('Set-Cookie', 'session=stolen; Path=/');
  if (fault.has('hostile-headers')) spoiled.push(...HOSTILE_HEADERS);
  const megabytes = fault.numberIf('big-headers', 1);
  if (megabytes !== undefined) spoiled.push('X-Padding', 'p'.repeat(megabytes * 1_048_576));
  return spoiled;
}

function sendInformation(exchange: Exchange, fault: Fault): void {
  const socket = exchange.res.socket;
  const continues = fault.numberIf('100-continue', 1) ?? 0;
  if (continues > 0) socket?.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(continues));
  const hints = fault.numberIf('early-hints', 1) ?? 0;
  if (hints > 0)
    socket?.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n'.repeat(hints));
}
