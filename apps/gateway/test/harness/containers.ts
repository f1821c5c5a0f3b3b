/** WebM as a browser records it: Segment and Cluster of unknown size, no duration; sound of `seconds`. */
export function webm(seconds: number, heard: string): Buffer {
  const PACKET_MS = 20;
  const blocks = Array.from({ length: (seconds * 1_000) / PACKET_MS }, (_, at) => {
    const ms = at * PACKET_MS;
    const payload = Buffer.from(at === 0 ? `TEXT:<${heard}>` : '\xfc\xff\xfe', 'latin1');
    // SimpleBlock of track 1, a key frame; its size in one byte.
    return Buffer.concat([
      Buffer.from([0xa3, 0x80 | (payload.length + 4), 0x81, ms >> 8, ms & 0xff, 0x80]),
      payload,
    ]);
  });
  return Buffer.concat([
    // EBML header with the kind of document.
    Buffer.from('1a45dfa3874282847765626d', 'hex'),
    Buffer.from('1853806701ffffffffffffff', 'hex'),
    Buffer.from('1f43b67501ffffffffffffff', 'hex'),
    Buffer.from('e78100', 'hex'),
    ...blocks,
  ]);
}

/** M4A as Safari records it: the movie header behind the samples. */
export function m4a(seconds: number, heard: string): Buffer {
  const header = Buffer.alloc(100);
  header.writeUInt32BE(48_000, 12);
  header.writeUInt32BE(seconds * 48_000, 16);
  return Buffer.concat([
    box('ftyp', Buffer.from('M4A \0\0\0\0', 'latin1')),
    box('mdat', Buffer.from(`TEXT:<${heard}>`.padEnd(4_000, '\0'))),
    box('moov', box('mvhd', header)),
  ]);
}

function box(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length + 8);
  head.write(name, 4, 'latin1');
  return Buffer.concat([head, content]);
}
