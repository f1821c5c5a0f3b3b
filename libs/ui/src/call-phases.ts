import { isJsonObject, type JsonObject } from '@app/call';
import { type SpendLogRow } from '@app/spend';
import { plural, shownDuration } from './shown-values.js';

/** A part of a call's time, in per cent of what is drawn. */
export interface PhaseBar {
  readonly tone: string;
  readonly label: string;
  /** What happened in it; may be empty. */
  readonly note: string;
  readonly x: number;
  readonly width: number;
  readonly ms: number;
}

type TimedRow = Pick<
  SpendLogRow,
  | 'startTime'
  | 'completionStartTime'
  | 'request_duration_ms'
  | 'prompt_tokens'
  | 'completion_tokens'
  | 'model'
  | 'status'
  | 'metadata'
>;

interface Phase {
  readonly tone: string;
  readonly label: string;
  readonly note: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const MIN_WIDTH = 0.8;
/** A row of the log draws the first ten seconds of its call. */
export const MINIATURE_MS = 10_000;

/** Null where no content came. */
export function firstTokenMs({ startTime, completionStartTime }: TimedRow): number | null {
  return completionStartTime === null ? null : Date.parse(completionStartTime) - Date.parse(startTime);
}

/** What was tried for a row that needed more than one try, or failed; the rows of others say nothing of it. */
export function triesOf({ metadata }: Pick<SpendLogRow, 'metadata'>): readonly JsonObject[] {
  const tries = metadata['routing_attempts'];
  return Array.isArray(tries) ? tries.filter(isJsonObject) : [];
}

/** The parts of a call in order, side by side; `scaleMs` fills the width. */
export function phasesOf(row: TimedRow, scaleMs: number): PhaseBar[] {
  return phases(row).map(({ fromMs, toMs, ...words }) => {
    const x = Math.min(percent(fromMs, scaleMs), 100 - MIN_WIDTH);
    const width = Math.min(Math.max(percent(toMs - fromMs, scaleMs), MIN_WIDTH), round(100 - x));
    return { ...words, x, width, ms: toMs - fromMs };
  });
}

function phases(row: TimedRow): Phase[] {
  const endMs = row.request_duration_ms;
  const firstMs = firstTokenMs(row);
  const queueMs = Math.min(numberIn(row.metadata, 'queue_time_ms'), endMs);
  const failed = triesOf(row).flatMap((attempt, index) => failedTry(attempt, index, row));
  const waitFromMs = Math.min(failed.at(-1)?.toMs ?? queueMs, firstMs ?? endMs);
  const loadedMs = row.status === 'success' ? Math.min(waitFromMs + loadMsOf(row), endMs) : waitFromMs;
  const all: Phase[] = [
    { tone: 'ph-queue', label: 'Queue', note: 'before a backend was asked', fromMs: 0, toMs: queueMs },
    ...failed,
    { tone: 'ph-load', label: 'Load model', note: row.model, fromMs: waitFromMs, toMs: loadedMs },
    {
      tone: 'ph-first',
      label: firstMs === null ? 'Until it ended' : 'First token',
      note: firstMs === null ? '' : counted(row.prompt_tokens, 'read'),
      fromMs: loadedMs,
      toMs: Math.min(firstMs ?? endMs, endMs),
    },
    {
      tone: 'ph-stream',
      label: 'Stream',
      note: counted(row.completion_tokens, ''),
      // What came before the model was there said that it was being loaded.
      fromMs: Math.max(firstMs ?? endMs, loadedMs),
      toMs: endMs,
    },
  ];
  const shown = all.filter(({ fromMs, toMs }) => toMs > fromMs);
  return shown.length > 0 ? shown : all.filter(({ tone }) => tone === 'ph-first');
}

function failedTry(attempt: JsonObject, index: number, row: TimedRow): Phase[] {
  const error = attempt['error_class'];
  if (typeof error !== 'string') return [];
  const endMs = row.request_duration_ms;
  const fromMs = Math.min(numberIn(attempt, 'begun_ms'), endMs);
  const toMs = Math.min(fromMs + numberIn(attempt, 'duration_ms'), endMs);
  const loadMs = attempt === triesOf(row).at(-1) ? loadMsOf(row) : 0;
  const note = loadMs > 0 ? `${error}, ${shownDuration(loadMs)} of it loading the model` : error;
  return [{ tone: 'ph-bad', label: `Attempt ${index + 1}`, note, fromMs, toMs }];
}

/** How long the last try waited for its model. */
const loadMsOf = ({ metadata }: TimedRow): number => numberIn(metadata, 'load_time_ms');

const counted = (tokens: number, what: string): string =>
  tokens > 0 ? `${plural(tokens, 'token')} ${what}`.trim() : '';

const numberIn = (object: JsonObject, name: string): number => Number(object[name] ?? 0) || 0;

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
