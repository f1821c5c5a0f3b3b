const RAW_BYTES_PER_SECOND = 32_000;
const UNKNOWN_BYTES_PER_SECOND = 16_000;
const MPEG1_LAYER3_KBIT = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];

/**
 * Seconds of an uploaded recording, from its header where it has one that tells, else from its size.
 * @param bytes the size of the whole file, of which `data` may be the beginning and the end only
 */
export function durationOf(data: Buffer, bytes: number, type: string | null): number {
  if (type === 'audio/pcm' || type === 'audio/raw') return bytes / RAW_BYTES_PER_SECOND;
  const magic = data.toString('latin1', 0, 4);
  if (magic === 'RIFF') return wavSeconds(data, bytes) ?? bytes / RAW_BYTES_PER_SECOND;
  if (magic === 'fLaC') return flacSeconds(data) ?? bytes / UNKNOWN_BYTES_PER_SECOND;
  if (magic === 'OggS') return oggSeconds(data) ?? bytes / UNKNOWN_BYTES_PER_SECOND;
  return mp3Seconds(data, bytes) ?? bytes / UNKNOWN_BYTES_PER_SECOND;
}

function wavSeconds(data: Buffer, bytes: number): number | undefined {
  let bytesPerSecond = 0;
  for (let at = 12; at + 8 <= data.length;) {
    const chunk = data.toString('latin1', at, at + 4);
    const size = data.readUInt32LE(at + 4);
    if (chunk === 'fmt ' && at + 20 <= data.length) bytesPerSecond = data.readUInt32LE(at + 16);
    if (chunk === 'data' && bytesPerSecond > 0) {
      // Piped files have a placeholder for a size.
      const known = size > 0 && size !== 0xffffffff && at + 8 + size <= bytes;
      return (known ? size : bytes - at - 8) / bytesPerSecond;
    }
    at += 8 + size + (size % 2);
  }
  return undefined;
}

function flacSeconds(data: Buffer): number | undefined {
  if (data.length < 26) return undefined;
  const packed = data.readBigUInt64BE(18);
  const rate = Number(packed >> 44n);
  const samples = Number(packed & 0xfffffffffn);
  return rate > 0 && samples > 0 ? samples / rate : undefined;
}

function oggSeconds(data: Buffer): number | undefined {
  const last = data.lastIndexOf('OggS');
  if (last === -1 || last + 14 > data.length) return undefined;
  return Number(data.readBigUInt64LE(last + 6)) / 48_000;
}

function mp3Seconds(data: Buffer, bytes: number): number | undefined {
  let at = 0;
  if (data.toString('latin1', 0, 3) === 'ID3' && data.length > 10) {
    const size = [6, 7, 8, 9].reduce((sum, index) => (sum << 7) | ((data[index] ?? 0) & 0x7f), 0);
    at = 10 + size;
  }
  if (at + 4 > data.length || data.readUInt16BE(at) >> 4 !== 0xfff) return undefined;
  const kbit = MPEG1_LAYER3_KBIT[(data[at + 2] ?? 0) >> 4] ?? 0;
  return kbit === 0 ? undefined : ((bytes - at) * 8) / (kbit * 1000);
}
