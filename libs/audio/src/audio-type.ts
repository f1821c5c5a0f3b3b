/** What the formats are called. */
const TYPES: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg; codecs=opus',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
};
/** What some backends call them. */
const FORMATS = new Map([
  ['audio/mp3', 'mp3'],
  ['audio/x-mpeg', 'mp3'],
  ['audio/ogg;codec=opus', 'opus'],
  ['audio/x-flac', 'flac'],
  ['audio/x-wav', 'wav'],
  ['audio/wave', 'wav'],
  ['audio/vnd.wave', 'wav'],
  ['audio/x-aac', 'aac'],
]);

/**
 * The content type of speech as clients know it; null where the backend's answer is no audio at all.
 * @param declared by the backend
 * @param format that was asked for
 */
export function audioTypeOf(declared: string | undefined, format: string): string | null {
  const type = (declared ?? '').trim().toLowerCase().replace(/;\s+/, ';');
  const known = FORMATS.get(type);
  if (known !== undefined) return TYPES[known] ?? type;
  if (type.startsWith('audio/')) return declared?.trim() ?? type;
  if (type !== '' && type !== 'application/octet-stream') return null;
  return TYPES[format] ?? 'application/octet-stream';
}
