import { isJsonObject, type JsonObject, type JsonValue, type Usage } from '@app/call';
import { type AudioLength } from './audio-timer.js';

/** A year; beyond it a figure is a mistake. */
const MAX_SECONDS = 31_536_000;
const MAX_TOKENS = 100_000_000;

/**
 * What a transcript is charged for: the seconds that the backend heard, else those that the file tells.
 * @param facts of the answer: `duration`, or `usage` in seconds or tokens
 */
export function transcriptionUsage(facts: JsonObject, file: AudioLength): Partial<Usage> {
  const usage = isJsonObject(facts['usage']) ? facts['usage'] : {};
  const heard = secondsFrom(facts['duration']) ?? secondsFrom(usage['seconds']);
  return {
    promptTokens: tokensFrom(usage['input_tokens']),
    completionTokens: tokensFrom(usage['output_tokens']),
    audioSeconds: heard ?? file.seconds,
    estimated: heard === null && file.isEstimated,
  };
}

/** Some servers write numbers as text. */
function secondsFrom(value: JsonValue | undefined): number | null {
  const seconds = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof seconds === 'number' && seconds >= 0 && seconds <= MAX_SECONDS ? seconds : null;
}

const tokensFrom = (value: JsonValue | undefined): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS ? value : 0;
