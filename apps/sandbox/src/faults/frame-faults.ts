import type { Frame } from '../core/player.js';
import type { Fault } from './fault.js';
import { spoilUsageFrames } from './usage-faults.js';

type Frames = Iterator<Frame, undefined>;

/** Spoils server-sent events line by line; frames that no fault concerns pass as they are. */
export function wireFaults(fault: Fault, frames: Frames): Frames {
  let spoiled = fault.has('usage') || fault.has('no-timings') ? spoilUsageFrames(fault, frames) : frames;
  const flood = fault.numberIf('flood', 1_000_000);
  if (flood !== undefined) spoiled = before(spoiled, flooding(flood));
  const megabytes = fault.numberIf('bigline', 50);
  if (megabytes !== undefined) spoiled = before(spoiled, bigLine(megabytes));
  const errorAfter = fault.numberIf('error-mid', 3);
  if (errorAfter !== undefined) spoiled = replacedAfter(spoiled, errorAfter, [ERROR_FRAME]);
  const lineAfter = fault.numberIf('errorline', 3);
  if (lineAfter !== undefined) spoiled = replacedAfter(spoiled, lineAfter, [ERROR_LINE, 'data: [DONE]\n\n']);
  for (const [name, change] of LINE_FAULTS) if (fault.has(name)) spoiled = changed(spoiled, change);
  if (fault.has('bom')) spoiled = before(spoiled, [{ data: '\uFEFF', tokens: 0 }].values());
  if (fault.has('invalid-utf8')) spoiled = withInvalidBytes(spoiled);
  return spoiled;
}

const ERROR = '{"code":500,"message":"the model crashed while generating","type":"server_error"}';
const ERROR_FRAME = `data: {"error":${ERROR}}\n\n`;
const ERROR_LINE = `error: ${ERROR}\n\n`;

type Change = (text: string, index: number) => string;
const LINE_FAULTS: [Parameters<Fault['has']>[0], Change][] = [
  ['negative-index', (text) => text.replaceAll('"index":0', '"index":-1')],
  ['no-role', (text) => text.replace('"role":"assistant",', '')],
  ['nul', (text) => text.replace('"content":"', '"content":"\\u0000').replace('data: ', 'data: \0')],
  ['multiline-data', (text) => text.replace(/^data: \{/, 'data: {\ndata: ')],
  ['comments', (text, index) => `${index % 2 === 0 ? ':\n\n' : ': keep-alive\n\n'}${text}`],
  ['id-retry', (text, index) => `id: ${String(index)}\nretry: 10\n${text}`],
  ['no-space', (text) => text.replace(/^data: /gm, 'data:')],
  ['crlf', (text) => text.replaceAll('\n', '\r\n')],
  ['cr', (text) => text.replaceAll('\n', '\r')],
  ['mixed-eol', (text, index) => text.replaceAll('\n', ['\r\n', '\r', '\n'][index % 3] ?? '\n')],
];

function* changed(frames: Frames, change: Change): Generator<Frame, undefined> {
  let index = 0;
  for (let next = frames.next(); next.done !== true; next = frames.next()) {
    yield { data: change(next.value.data.toString(), index++), tokens: next.value.tokens };
  }
}

function* replacedAfter(frames: Frames, tokens: number, end: string[]): Generator<Frame, undefined> {
  let counted = 0;
  for (let next = frames.next(); next.done !== true && counted < tokens; next = frames.next()) {
    counted += next.value.tokens;
    yield next.value;
    if (counted >= tokens) break;
  }
  for (const data of end) yield { data, tokens: 0 };
}

function* before(frames: Frames, first: Frames): Generator<Frame, undefined> {
  for (let next = first.next(); next.done !== true; next = first.next()) yield next.value;
  for (let next = frames.next(); next.done !== true; next = frames.next()) yield next.value;
}

const TINY = 'data: {"choices":[]}\n\n';
const TINY_PER_WRITE = 500;

function* flooding(events: number): Generator<Frame, undefined> {
  const full = TINY.repeat(TINY_PER_WRITE);
  for (let sent = 0; sent < events; sent += TINY_PER_WRITE) {
    const rest = events - sent;
    yield { data: rest >= TINY_PER_WRITE ? full : TINY.repeat(rest), tokens: 0 };
  }
}

function* bigLine(megabytes: number): Generator<Frame, undefined> {
  const megabyte = 'x'.repeat(1_048_576);
  yield { data: 'data: {"choices":[{"index":0,"delta":{"content":"', tokens: 0 };
  for (let sent = 0; sent < megabytes; sent++) yield { data: megabyte, tokens: 0 };
  yield { data: '"}}]}\n\n', tokens: 0 };
}

// A lone continuation byte, an overlong slash and a truncated three-byte character.
const INVALID = Buffer.from([0x80, 0xc0, 0xaf, 0xe2, 0x82]);

function* withInvalidBytes(frames: Frames): Generator<Frame, undefined> {
  for (let next = frames.next(); next.done !== true; next = frames.next()) {
    const text = next.value.data.toString();
    const at = text.indexOf('"content":"');
    if (at === -1 || next.value.tokens === 0) yield next.value;
    else {
      const inside = at + '"content":"'.length;
      const parts = [Buffer.from(text.slice(0, inside)), INVALID, Buffer.from(text.slice(inside))];
      yield { data: Buffer.concat(parts), tokens: next.value.tokens };
    }
  }
}
