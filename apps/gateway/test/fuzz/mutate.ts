type Random = () => number;

/** A whole number below `bound`. */
const below = (random: Random, bound: number): number => Math.floor(random() * bound);

const NUMBERS = ['0', '-1', '1e999', '-0', '1.5', '9007199254740993', '100000001', 'NaN', '"7"', 'null'];

interface Material {
  readonly words: readonly string[];
  readonly others: readonly Buffer[];
}

type Mutation = (bytes: Buffer, random: Random, material: Material) => Buffer;

const placed = (bytes: Buffer, at: number, piece: Uint8Array, over = 0): Buffer =>
  Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + over)]);

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => changed(bytes, random, (byte) => byte ^ (1 << below(random, 8))),
  (bytes, random) => changed(bytes, random, () => below(random, 256)),
  (bytes, random) => placed(bytes, below(random, bytes.length + 1), Buffer.from([below(random, 256)])),
  // What separates things.
  (bytes, random) => {
    const marks = ['\n', '\r', '\r\n', '\n\n', ' ', ':', ',', '"', '{', '}', '[', ']', '/', '%', '\0', '-'];
    return placed(
      bytes,
      below(random, bytes.length + 1),
      Buffer.from(marks[below(random, marks.length)] ?? ''),
    );
  },
  // A piece less, a piece twice, a piece elsewhere.
  (bytes, random) => placed(bytes, below(random, bytes.length), Buffer.alloc(0), 1 + below(random, 16)),
  (bytes, random) => {
    const from = below(random, bytes.length);
    return placed(bytes, below(random, bytes.length + 1), bytes.subarray(from, from + 1 + below(random, 64)));
  },
  (bytes, random) => bytes.subarray(0, below(random, bytes.length + 1)),
  // A word of the format.
  (bytes, random, { words }) => {
    const word = Buffer.from(words[below(random, words.length)] ?? '', 'latin1');
    return placed(bytes, below(random, bytes.length + 1), word, below(random, 4) === 0 ? word.length : 0);
  },
  // A number that is none.
  (bytes, random) => {
    const text = bytes.toString('latin1');
    const found = [...text.matchAll(/-?\d+(?:\.\d+)?/g)];
    const one = found[below(random, found.length)];
    const other = NUMBERS[below(random, NUMBERS.length)] ?? '0';
    return one ? placed(bytes, one.index, Buffer.from(other), one[0].length) : bytes;
  },
  // The beginning of this, the end of another.
  (bytes, random, { others }) => {
    const other = others[below(random, others.length)] ?? bytes;
    return Buffer.concat([
      bytes.subarray(0, below(random, bytes.length + 1)),
      other.subarray(below(random, other.length + 1)),
    ]);
  },
];

function changed(bytes: Buffer, random: Random, change: (byte: number) => number): Buffer {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  const at = below(random, copy.length);
  copy[at] = change(copy[at] ?? 0);
  return copy;
}

/** One to eight changes. */
export function mutated(bytes: Buffer, random: Random, material: Material): Buffer {
  let result = bytes;
  for (let times = 1 + below(random, 8); times > 0; times -= 1)
    result = MUTATIONS[below(random, MUTATIONS.length)]?.(result, random, material) ?? result;
  return result;
}
