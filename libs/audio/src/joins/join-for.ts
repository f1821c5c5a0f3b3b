import { Mp3Join } from './mp3-join.js';
import { PcmJoin } from './pcm-join.js';
import { WavJoin } from './wav-join.js';
import { type AudioJoin } from './audio-join.js';

const MONO_16_BITS = { channels: 1, bits: 16 } as const;

/**
 * The join for audio of this type, null where there is none: its parts would be files of their own.
 * @param contentType of the first part, such as `audio/pcm;rate=22050`
 */
export function joinFor(contentType: string): AudioJoin | null {
  const [type = ''] = contentType.toLowerCase().split(';');
  if (type === 'audio/mpeg') return new Mp3Join();
  if (type === 'audio/wav') return new WavJoin();
  if (type !== 'audio/pcm') return null;
  return new PcmJoin({ ...MONO_16_BITS, rate: rateOf(contentType) });
}

/** Samples a second; OpenAI's own speech has 24,000 and does not say so. */
const rateOf = (contentType: string): number => Number(/rate=(\d{4,6})/.exec(contentType)?.[1] ?? 24_000);
