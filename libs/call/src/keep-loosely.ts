import { type JsonObject, type JsonValue } from './json.js';
import { type JsonMember } from './json-scan.js';

/** From here on a value is worth reading twice. */
const LARGE_BYTES = 32 * 1024;

/**
 * Lets go of the large values of a body: what was read is kept as long as nobody needs its memory, and read again from
 * the bytes if it is asked for later. A prompt of a megabyte would lie here twice otherwise until it is answered.
 * @param bytes what `object` was read from
 */
export function keepLoosely(object: JsonObject, bytes: Buffer, members: readonly JsonMember[]): void {
  for (const { name, valueStart, valueEnd } of members) {
    if (valueEnd - valueStart < LARGE_BYTES) continue;
    let known = new WeakRef({ value: object[name] });
    const get = (): JsonValue | undefined => {
      let box = known.deref();
      if (!box) {
        box = { value: JSON.parse(bytes.toString('utf8', valueStart, valueEnd)) as JsonValue };
        known = new WeakRef(box);
      }
      return box.value;
    };
    Object.defineProperty(object, name, { get, enumerable: true, configurable: true });
  }
}
