import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * NaCl's secretbox (XSalsa20-Poly1305), the opening half: neither OpenSSL nor WebCrypto has it, and what LiteLLM has
 * encrypted is only ever read. After https://cr.yp.to/snuffle/xsalsa-20110204.pdf and RFC 8439, section 2.5.
 */

const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const BLOCK_BYTES = 64;
/** "expand 32-byte k" */
const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
const P = (1n << 130n) - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

/**
 * The text in `sealed` (base64 of either alphabet: nonce, tag, ciphertext), or null where the key does not open it or it
 * is no such thing.
 * @param passphrase the salt key; its SHA-256 is the key
 */
export function openSecretbox(sealed: string, passphrase: string): string | null {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(sealed)) return null;
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  const key = createHash('sha256').update(passphrase).digest();
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const cipher = bytes.subarray(NONCE_BYTES + TAG_BYTES);
  const stream = keystream(key, nonce, 32 + cipher.length);
  if (!timingSafeEqual(poly1305(cipher, stream.subarray(0, 32)), tag)) return null;
  const plain = Buffer.alloc(cipher.length);
  for (let index = 0; index < cipher.length; index++) {
    plain[index] = (cipher[index] ?? 0) ^ (stream[32 + index] ?? 0);
  }
  return plain.toString('utf8');
}

function keystream(key: Buffer, nonce: Buffer, length: number): Buffer {
  const subkey = hsalsa20(key, nonce.subarray(0, 16));
  const blocks = Math.ceil(length / BLOCK_BYTES);
  const stream = Buffer.alloc(blocks * BLOCK_BYTES);
  for (let block = 0; block < blocks; block++) {
    const position = Buffer.alloc(16);
    nonce.copy(position, 0, 16, 24);
    position.writeUInt32LE(block, 8);
    const input = stateOf(subkey, position);
    const mixed = twentyRounds(input);
    mixed.forEach((word, index) => {
      stream.writeUInt32LE((word + (input[index] ?? 0)) >>> 0, block * BLOCK_BYTES + index * 4);
    });
  }
  return stream;
}

/** Makes a key out of a key and the first sixteen bytes of the long nonce. */
function hsalsa20(key: Buffer, nonce: Buffer): Buffer {
  const mixed = twentyRounds(stateOf(key, nonce));
  const subkey = Buffer.alloc(32);
  [0, 5, 10, 15, 6, 7, 8, 9].forEach((word, index) => subkey.writeUInt32LE(mixed[word] ?? 0, index * 4));
  return subkey;
}

function stateOf(key: Buffer, position: Buffer): Uint32Array {
  const k = Array.from({ length: 8 }, (_, index) => key.readUInt32LE(index * 4));
  const n = Array.from({ length: 4 }, (_, index) => position.readUInt32LE(index * 4));
  return Uint32Array.of(
    ...[SIGMA[0], ...k.slice(0, 4)],
    ...[SIGMA[1], ...n],
    ...[SIGMA[2], ...k.slice(4)],
    SIGMA[3],
  );
}

/** The quarters of a double round: columns, then rows. */
const QUARTERS = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const;

function twentyRounds(input: Uint32Array): Uint32Array {
  const x = Uint32Array.from(input);
  const mix = (target: number, [one, other]: readonly [number, number], bits: number): void => {
    const sum = ((x[one] ?? 0) + (x[other] ?? 0)) >>> 0;
    x[target] = (x[target] ?? 0) ^ ((sum << bits) | (sum >>> (32 - bits)));
  };
  for (let round = 0; round < 20; round += 2) {
    for (const [a, b, c, d] of QUARTERS) {
      mix(b, [a, d], 7);
      mix(c, [b, a], 9);
      mix(d, [c, b], 13);
      mix(a, [d, c], 18);
    }
  }
  return x;
}

function poly1305(message: Buffer, key: Buffer): Buffer {
  const r = littleEndian(key.subarray(0, 16)) & CLAMP;
  let sum = 0n;
  for (let from = 0; from < message.length; from += 16) {
    const block = message.subarray(from, from + 16);
    sum = ((sum + littleEndian(block) + (1n << BigInt(8 * block.length))) * r) % P;
  }
  const tag = (sum + littleEndian(key.subarray(16, 32))) & ((1n << 128n) - 1n);
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse();
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`);
}
