const PACKET_SECONDS = 0.02;
const PACKETS_PER_PAGE = 12;
const SAMPLES_PER_PACKET = 960;
const SERIAL = 0x5a4d;

// A 20 ms full-band mono CELT packet that decodes to silence.
const SILENT_PACKET = Buffer.from([0xf8, 0xff, 0xfe]);
const BEGINS = 2;
const ENDS = 4;

/** Silence of at least the given length as Opus in Ogg, 48 kHz mono. */
export function* encodeOpus(seconds: number): Generator<Buffer, undefined> {
  let number = 0;
  yield page({ packets: [opusHead()], granule: 0, flags: BEGINS, number: number++ });
  yield page({ packets: [opusTags()], granule: 0, flags: 0, number: number++ });
  const total = Math.max(1, Math.ceil(seconds / PACKET_SECONDS));
  for (let sent = 0; sent < total;) {
    const count = Math.min(PACKETS_PER_PAGE, total - sent);
    sent += count;
    const packets = new Array<Buffer>(count).fill(SILENT_PACKET);
    const flags = sent === total ? ENDS : 0;
    yield page({ packets, granule: sent * SAMPLES_PER_PACKET, flags, number: number++ });
  }
}

function opusHead(): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 0, 'latin1');
  head[8] = 1;
  head[9] = 1;
  head.writeUInt32LE(48_000, 12);
  return head;
}

function opusTags(): Buffer {
  const vendor = Buffer.from('sandbox');
  const tags = Buffer.alloc(8 + 4 + vendor.length + 4);
  tags.write('OpusTags', 0, 'latin1');
  tags.writeUInt32LE(vendor.length, 8);
  vendor.copy(tags, 12);
  return tags;
}

interface Page {
  packets: Buffer[];
  granule: number;
  flags: number;
  number: number;
}

function page({ packets, granule, flags, number }: Page): Buffer {
  const header = Buffer.alloc(27);
  header.write('OggS', 0, 'latin1');
  header[5] = flags;
  header.writeBigUInt64LE(BigInt(granule), 6);
  header.writeUInt32LE(SERIAL, 14);
  header.writeUInt32LE(number, 18);
  header[26] = packets.length;
  const lengths = Buffer.from(packets.map((packet) => packet.length));
  const whole = Buffer.concat([header, lengths, ...packets]);
  whole.writeUInt32LE(oggCrc(whole), 22);
  return whole;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function oggCrc(bytes: Buffer): number {
  let value = 0;
  for (const byte of bytes) value = (value << 8) ^ (CRC_TABLE[(value >>> 24) ^ byte] ?? 0);
  return value >>> 0;
}
