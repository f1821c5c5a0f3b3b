import type { Exchange } from '../core/exchange.js';
import { missingField, notOneOf, type FieldProblem } from './fastapi.js';
import { readMultipart, type Part } from './multipart.js';
import { TRANSCRIPT_FORMATS, type TranscriptFormat } from './transcript-formats.js';

export interface TranscriptionRequest {
  file: Part;
  /** Bytes of the whole file, of which a huge upload keeps only both ends. */
  fileBytes: number;
  model: string;
  language: string | null;
  format: TranscriptFormat;
  stream: boolean;
  withWords: boolean;
  /** The combination of granularities is one on which the real server trips. */
  trips: boolean;
}

/** Reads the form, or says what FastAPI would complain about. */
export function readTranscription(
  exchange: Exchange,
  modelIsOptional: boolean,
): TranscriptionRequest | FieldProblem[] {
  const parts = readMultipart(exchange.header('content-type') ?? '', exchange.body) ?? [];
  const text = (name: string) => parts.find((part) => part.name === name)?.data.toString('utf8');
  const file = parts.find((part) => part.name === 'file');
  const model = text('model');
  const format = text('response_format') ?? 'json';
  const problems: FieldProblem[] = [];
  if (file === undefined) problems.push(missingField('file', null));
  if (model === undefined && !modelIsOptional) problems.push(missingField('model', null));
  if (!isFormat(format)) problems.push(notOneOf('response_format', TRANSCRIPT_FORMATS, format));
  if (file === undefined || !isFormat(format) || problems.length > 0) return problems;
  const granularities = parts
    .filter((part) => part.name === 'timestamp_granularities[]')
    .map((part) => part.data.toString('utf8'));
  const missing = exchange.bodyBytes - exchange.body.length;
  return {
    file,
    fileBytes: file.data.length + missing,
    model: model ?? '',
    language: text('language') ?? null,
    format,
    stream: /^(true|1|yes|on)$/i.test(text('stream') ?? ''),
    withWords: granularities.includes('word'),
    trips: granularities.some((granularity) => granularity !== 'word' && granularity !== 'segment'),
  };
}

function isFormat(format: string): format is TranscriptFormat {
  return (TRANSCRIPT_FORMATS as readonly string[]).includes(format);
}
