import { shownDuration } from './shown-values.js';

/** A part of a call's time, in per cent of what is drawn. */
export interface PhaseBar {
  readonly tone: string;
  readonly label: string;
  readonly x: number;
  readonly width: number;
  readonly ms: number;
}

export interface CallTimes {
  readonly durationMs: number;
  /** Null where no content came. */
  readonly firstTokenMs: number | null;
}

const MIN_WIDTH = 0.8;
/** A row of the log draws the first ten seconds of its call. */
export const MINIATURE_MS = 10_000;

/** First token and stream, side by side; `scaleMs` fills the width. */
export function phasesOf({ durationMs, firstTokenMs }: CallTimes, scaleMs: number): PhaseBar[] {
  const firstMs = Math.min(firstTokenMs ?? durationMs, durationMs);
  const phases = [
    {
      tone: 'ph-first',
      label: firstTokenMs === null ? 'Until it ended' : 'First token',
      from: 0,
      ms: firstMs,
    },
    { tone: 'ph-stream', label: 'Stream', from: firstMs, ms: durationMs - firstMs },
  ];
  return phases
    .filter(({ ms, tone }) => ms > 0 || tone === 'ph-first')
    .map(({ tone, label, from, ms }) => {
      const x = Math.min(percent(from, scaleMs), 100 - MIN_WIDTH);
      return {
        tone,
        label,
        ms,
        x,
        width: Math.min(Math.max(percent(ms, scaleMs), MIN_WIDTH), round(100 - x)),
      };
    });
}

/** What the miniature of a row says to those who do not see it. */
export const phasesLabel = (bars: readonly PhaseBar[]): string =>
  bars.map(({ label, ms }) => `${label.toLowerCase()} ${shownDuration(ms)}`).join(', ');

const STEPS_MS = [
  10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000,
];
const MAX_TICKS = 7;

/** Round times along an axis that ends at `scaleMs`. */
export function timeTicks(scaleMs: number): { x: number; label: string; anchor: string }[] {
  const step = STEPS_MS.find((one) => scaleMs / one <= MAX_TICKS) ?? scaleMs;
  const count = Math.floor(scaleMs / step);
  return Array.from({ length: count + 1 }, (_, index) => ({
    x: percent(index * step, scaleMs),
    label: index === 0 ? '0' : shownDuration(index * step).replace('.00', ''),
    anchor: index === 0 ? 'start' : percent(index * step, scaleMs) > 95 ? 'end' : 'middle',
  }));
}

const round = (value: number): number => Math.round(value * 100) / 100;
const percent = (part: number, whole: number): number => (whole <= 0 ? 0 : round((part / whole) * 100));
