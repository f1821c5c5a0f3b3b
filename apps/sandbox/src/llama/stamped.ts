import type { Frame } from '../core/player.js';

const OPENING = 'data: {';

/** Every event tells when it was handed out: microseconds of the clock that all processes of a machine share. */
export function stamped(frames: Iterator<Frame, undefined>): Iterator<Frame, undefined> {
  return {
    next: () => {
      const next = frames.next();
      if (next.done === true || typeof next.value.data !== 'string') return next;
      const { data, tokens } = next.value;
      if (!data.startsWith(OPENING)) return next;
      const now = process.hrtime.bigint() / 1_000n;
      return {
        done: false,
        value: { data: `${OPENING}"written_us":${now},${data.slice(OPENING.length)}`, tokens },
      };
    },
  };
}
