import { isJsonObject, type JsonObject, type JsonValue, type Usage } from '@app/call';
import { type AudioLength } from './audio-timer.js';

/** A year; beyond it a figure is a mistake. */
const MAX_SECONDS = 31_536_000;
const MAX_TOKENS = 100_000_000;

/**
 * What a transcript is charged for: the seconds that the backend heard, else those that the file tells.
 * @param facts of the answer: `duration`, or `usage` in seconds or tokens
 * @param mostSeconds that a file of this size can play; who tells of more is not believed
 */
export function transcriptionUsage(
  facts: JsonObject,
  file: AudioLength,
  mostSeconds = MAX_SECONDS,
): Partial<Usage> {
  const usage = isJsonObject(facts['usage']) ? facts['usage'] : {};
  const told = secondsFrom(facts['duration']) ?? secondsFrom(usage['seconds']);
  const heard = told !== null && told <= mostSeconds ? told : null;
  return {
    promptTokens: tokensFrom(usage['input_tokens']),
    completionTokens: tokensFrom(usage['output_tokens']),
    audioSeconds: heard ?? Math.min(file.seconds, mostSeconds),
    estimated: heard === null && (file.isEstimated || file.seconds > mostSeconds),
  };
}

/** Some servers write numbers as text. */
function secondsFrom(value: JsonValue | undefined): number | null {
  const seconds = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof seconds === 'number' && seconds >= 0 && seconds <= MAX_SECONDS ? seconds : null;
}

const tokensFrom = (value: JsonValue | undefined): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS ? value : 0;
