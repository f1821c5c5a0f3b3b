import { UpstreamError } from '@app/call';
import { type AudioJoin } from './audio-join.js';
import { PcmJoin } from './pcm-join.js';

const FILE_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const LEAST_FORMAT_BYTES = 16;
/** More before the samples is no speech. */
const MAX_HEADER_BYTES = 64 * 1024;
/** How long it will be is not known: what players take for "until it ends". */
const UNKNOWN_LENGTH = 0xffffffff;
/** Piped files have a placeholder for a length: zero, or about as much as fits. */
const PLACEHOLDER_BYTES = 0x7fff0000;
const NOTHING = Buffer.alloc(0);

interface Header {
  /** The `fmt ` chunk with its own header. */
  readonly format: Buffer;
  readonly samplesAt: number;
  readonly sampleBytes: number;
}

/** One streaming header, then the samples of all parts; they have to be of one kind. */
export class WavJoin implements AudioJoin {
  #format: Buffer | null = null;
  #samples: PcmJoin | null = null;
  /** Of this part, before its samples begin; null from then on. */
  #header: Buffer | null = NOTHING;
  #left = 0;

  push(chunk: Buffer): readonly Buffer[] {
    if (this.#header === null) return this.#sampled(chunk);
    this.#header = Buffer.concat([this.#header, chunk]);
    const bytes = this.#header;
    const header = headerIn(bytes);
    if (header === null) {
      if (bytes.length > MAX_HEADER_BYTES)
        throw new UpstreamError(502, 'The upstream sent no WAV file.', true);
      return [];
    }
    this.#header = null;
    this.#left = header.sampleBytes;
    const beginning = this.#begin(header.format);
    return [...beginning, ...this.#sampled(bytes.subarray(header.samplesAt))];
  }

  endPart(isLast: boolean): readonly Buffer[] {
    this.#header = NOTHING;
    return this.#samples?.endPart(isLast) ?? [];
  }

  #begin(format: Buffer): readonly Buffer[] {
    if (this.#format) {
      if (this.#format.equals(format)) return [];
      throw new UpstreamError(502, 'The upstream changed the kind of its samples between two parts.', false);
    }
    this.#format = Buffer.from(format);
    this.#samples = new PcmJoin({
      channels: format.readUInt16LE(CHUNK_HEADER_BYTES + 2),
      rate: format.readUInt32LE(CHUNK_HEADER_BYTES + 4),
      bits: format.readUInt16LE(CHUNK_HEADER_BYTES + 14),
    });
    const length = Buffer.alloc(4);
    length.writeUInt32LE(UNKNOWN_LENGTH);
    return [Buffer.from('RIFF'), length, Buffer.from('WAVE'), this.#format, Buffer.from('data'), length];
  }

  /** What follows the samples, such as a list of names, stays here. */
  #sampled(bytes: Buffer): readonly Buffer[] {
    const samples = bytes.subarray(0, Math.min(bytes.length, this.#left));
    this.#left -= samples.length;
    return this.#samples?.push(samples) ?? [];
  }
}

/** The header before the samples; null while it is not all there. @throws UpstreamError where there is none */
function headerIn(bytes: Buffer): Header | null {
  if (bytes.length < FILE_HEADER_BYTES) return null;
  if (bytes.toString('latin1', 0, 4) !== 'RIFF')
    throw new UpstreamError(502, 'The upstream sent no WAV file.', true);
  let format: Buffer | null = null;
  for (let at = FILE_HEADER_BYTES; at + CHUNK_HEADER_BYTES <= bytes.length;) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (name === 'data')
      return format && { format, samplesAt: at + CHUNK_HEADER_BYTES, sampleBytes: lengthOf(size) };
    const end = at + CHUNK_HEADER_BYTES + size;
    if (name === 'fmt ' && size >= LEAST_FORMAT_BYTES && end <= bytes.length)
      format = bytes.subarray(at, end);
    at = end + (size % 2);
  }
  return null;
}

const lengthOf = (size: number): number => (size > 0 && size < PLACEHOLDER_BYTES ? size : Infinity);
