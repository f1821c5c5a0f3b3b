import { hashOf } from '../core/hash.js';
import type { Segment, Transcript } from './transcript.js';

export const TRANSCRIPT_FORMATS = ['json', 'text', 'verbose_json', 'srt', 'vtt'] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

export interface Wording {
  type: string;
  body: string;
}

/** A transcript in one of the formats. @param withWords whether word times were asked for */
export function wordTranscript(
  transcript: Transcript,
  format: TranscriptFormat,
  withWords: boolean,
): Wording {
  const { duration, language, segments, text } = transcript;
  switch (format) {
    case 'json':
      return json({ text, logprobs: null, usage: null });
    case 'text':
      return { type: 'text/plain; charset=utf-8', body: text };
    case 'verbose_json': {
      const words = withWords ? segments.flatMap((segment) => segment.words) : null;
      return json({ duration, language, text, segments: segments.map(verboseSegment), words });
    }
    case 'srt':
      return { type: 'text/plain; charset=utf-8', body: segments.map(srtCue).join('') };
    case 'vtt':
      return { type: 'text/vtt; charset=utf-8', body: `WEBVTT\n\n${segments.map(vttCue).join('')}` };
  }
}

function json(value: object): Wording {
  return { type: 'application/json', body: JSON.stringify(value) };
}

function verboseSegment(segment: Segment, id: number): object {
  const { end, start, text, words } = segment;
  return {
    id: id + 1,
    seek: Math.round(start * 100),
    start,
    end,
    text,
    tokens: words.map((word) => hashOf(word.word) % 51_865),
    temperature: 0,
    avg_logprob: -0.25,
    compression_ratio: 1.2,
    no_speech_prob: 0.01,
  };
}

export function srtCue(segment: Segment, index: number): string {
  const times = `${clock(segment.start, ',')} --> ${clock(segment.end, ',')}`;
  return `${index + 1}\n${times}\n${segment.text.trim()}\n\n`;
}

export function vttCue(segment: Segment, index: number): string {
  const start = index === 0 ? 0 : segment.start;
  return `${clock(start, '.')} --> ${clock(segment.end, '.')}\n${segment.text.trim()}\n\n`;
}

function clock(seconds: number, mark: string): string {
  const ms = Math.round(seconds * 1000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const rest = String(ms % 1000).padStart(3, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}${mark}${rest}`;
}
