/** Something that may stand nowhere but where it belongs. */
export interface Canary {
  readonly name: string;
  readonly value: string;
}

/** What a process wrote, answered or stored. */
export interface Artefact {
  readonly name: string;
  readonly content: string | Buffer;
}

/** Anything shorter stands somewhere by chance. */
export const LEAST_CANARY_LENGTH = 12;
/** So many last bytes of a form are looked for, then the whole. */
const TAIL_BYTES = 8;
const BASE = 16_777_619;
/** Under Jest a look at a global name costs more than all the rest: 2.5 MB took 2.3 s, and so 0.06 s. */
const { imul } = Math;
const LEAVING = Array.from({ length: TAIL_BYTES }).reduce<number>((power) => imul(power, BASE), 1);
const FILTER_BITS = 20;

interface Form {
  readonly canary: string;
  readonly form: string;
  readonly bytes: Buffer;
}

interface Wanted {
  /** By the hash of their last bytes. */
  readonly forms: ReadonlyMap<number, readonly Form[]>;
  /** 1 where a hash begins like one of those. */
  readonly filter: Uint8Array;
}

/**
 * `<canary> in <artefact>, <form>` for each that was found; the canary itself is in no sentence. One pass over each
 * artefact looks for all of them, however many keys a suite has made (Rabin and Karp, 1987).
 * @throws RangeError where a canary is too short to be told from chance
 */
export function found(canaries: readonly Canary[], artefacts: readonly Artefact[]): string[] {
  const forms = Map.groupBy(canaries.flatMap(formsOf), ({ bytes }) => hashOf(bytes.subarray(-TAIL_BYTES)));
  const filter = new Uint8Array(1 << FILTER_BITS);
  for (const hash of forms.keys()) filter[hash >>> (32 - FILTER_BITS)] = 1;
  return artefacts.flatMap(({ name, content }) => {
    const text = typeof content === 'string' ? Buffer.from(content) : content;
    return [...seenIn(text, { forms, filter })].map(({ canary, form }) => `${canary} in ${name}, ${form}`);
  });
}

function seenIn(text: Buffer, { forms, filter }: Wanted): Set<Form> {
  const seen = new Set<Form>();
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) {
    const left = at < TAIL_BYTES ? 0 : imul(text[at - TAIL_BYTES] as number, LEAVING);
    hash = (imul(hash, BASE) + (text[at] as number) - left) | 0;
    if (filter[hash >>> (32 - FILTER_BITS)] === 0) continue;
    for (const form of forms.get(hash) ?? []) {
      const start = at + 1 - form.bytes.length;
      if (start >= 0 && text.subarray(start, at + 1).equals(form.bytes)) seen.add(form);
    }
  }
  return seen;
}

const hashOf = (bytes: Buffer): number => bytes.reduce((hash, byte) => (imul(hash, BASE) + byte) | 0, 0);

/** A text as it stands, and as programs write it: in JSON, in an address, in base64 wherever it begins, halves swapped. */
function formsOf({ name, value }: Canary): Form[] {
  if (value.length < LEAST_CANARY_LENGTH) throw new RangeError(`${name} is too short to be told from chance`);
  const middle = Math.floor(value.length / 2);
  const written = [
    ['as it is', value],
    ['in JSON', JSON.stringify(value).slice(1, -1)],
    ['in an address', encodeURIComponent(value)],
    ['in a form', new URLSearchParams([['', value]]).toString().slice(1)],
    ['backwards', Array.from(value).reverse().join('')],
    ['in halves', value.slice(middle) + value.slice(0, middle)],
    ...[0, 1, 2].flatMap((offset) =>
      (['base64', 'base64url'] as const).map(
        (alphabet) => ['in base64', base64At(value, offset, alphabet)] as const,
      ),
    ),
    ['in hex', Buffer.from(value).toString('hex')],
    ['in hex', Buffer.from(value).toString('hex').toUpperCase()],
  ] as const;
  // Most look the same in several of these; the first name stays.
  const forms = new Map([...written].reverse().map(([form, text]) => [text, form]));
  return [...forms].map(([text, form]) => ({ canary: name, form, bytes: Buffer.from(text) }));
}

/** The digits that depend on nothing but the text, behind `offset` other bytes. */
function base64At(value: string, offset: number, alphabet: 'base64' | 'base64url'): string {
  const text = Buffer.from('\0'.repeat(offset) + value).toString(alphabet);
  const whole = Math.floor(((offset + Buffer.byteLength(value)) * 8) / 6);
  return text.slice(Math.ceil((offset * 8) / 6), whole);
}
