import type { Frame } from '../core/player.js';
import type { Fault } from './fault.js';

type Frames = Iterator<Frame, undefined>;

const COUNT = /"((?:prompt|completion|total|input|output)_tokens)":\d+/g;
// The member with at most one object inside an object inside, which is as deep as usage goes.
const USAGE = /,?"usage":(?:\{(?:[^{}]|\{[^{}]*\})*\})/g;
const TIMINGS = /,?"timings":\{[^{}]*\}/g;
const USAGE_ONLY = '"choices":[]';

/** What each count becomes. `NaN` and `Infinity` are no JSON, yet Python servers write them. */
const COUNTS: Record<string, string> = {
  nan: 'NaN',
  infinity: 'Infinity',
  negative: '-5',
  string: '"12"',
  nulls: 'null',
  huge: '1e308',
  int64: '9223372036854775808',
  million: '1000000000000000000',
  fraction: '12.5',
  nested: '{"value":12}',
  zero: '0',
};
/** What the whole member becomes. */
const MEMBERS: Record<string, string> = { null: 'null', empty: '{}', list: '[1,2,3]' };

/** A JSON text with its usage spoilt as the fault says; without such a fault it stays as it is. */
export function spoilUsage(fault: Fault, text: string): string {
  const timed = fault.has('no-timings') ? text.replace(TIMINGS, '') : text;
  if (!fault.has('usage')) return timed;
  const kind = fault.text('usage');
  const count = COUNTS[kind];
  if (count !== undefined) return timed.replace(COUNT, `"$1":${count}`);
  return timed.replace(USAGE, (member) => {
    const comma = member.startsWith(',') ? ',' : '';
    if (kind === 'twice')
      return `${comma}${member.slice(comma.length).replace(COUNT, '"$1":7')},${member.slice(comma.length)}`;
    const other = MEMBERS[kind];
    if (other !== undefined) return `${comma}"usage":${other}`;
    return kind === 'after-done' ? member : '';
  });
}

/** The same for a stream, where usage is a frame of its own that may go missing, come twice or come late. */
export function* spoilUsageFrames(fault: Fault, frames: Frames): Generator<Frame, undefined> {
  const kind = fault.text('usage');
  const late: Frame[] = [];
  for (let next = frames.next(); next.done !== true; next = frames.next()) {
    const { data, tokens } = next.value;
    const text = data.toString();
    const isUsage = text.includes(USAGE_ONLY) && text.includes('"usage":');
    if (isUsage && kind === 'missing') continue;
    if (isUsage && kind === 'after-done') late.push(next.value);
    else if (isUsage && kind === 'twice') {
      yield { data: text.replace(COUNT, '"$1":7'), tokens };
      yield next.value;
    } else yield { data: spoilUsage(fault, text), tokens };
  }
  yield* late;
}
