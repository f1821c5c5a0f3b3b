/** Where the first part ends at the latest, if a sentence does: the sooner something can be heard. */
const FIRST_PART_CHARACTERS = 200;
const SENTENCES = new Intl.Segmenter('en', { granularity: 'sentence' });
const SENTENCE_END = /(?:[.!?…。！？｡؟।]["'”’»)\]]*\s*|\n\s*)$/u;
/** `Dr.`, `z.B.`, `e.g.`, initials: a full stop that ends nothing, or a sentence that is too short to matter. */
const ABBREVIATION = /(?:^|[\s.(])\p{L}{1,3}\.\s*$/u;
const CLAUSE_ENDS = /[,;:،、，；]\s*|\s[–—-]\s/gu;
const SPACES = /\s+/gu;
const SPEAKABLE = /[\p{L}\p{N}]/u;
/** What belongs to the character before it. */
const CONTINUES = /^[\udc00-\udfff\p{M}\u200d\ufe0f]/u;

/**
 * Where the part of a text ends that is to be spoken next: after as many sentences as fit, else within one, at a comma
 * or a space. Parts follow one another without a gap; each has something to say.
 * @param most characters of a part
 */
export function cutSpeech(text: string, from: number, most: number): number {
  if (text.length - from <= most) return text.length;
  const early = from === 0 ? lastSentenceEnd(text.slice(0, Math.min(most, FIRST_PART_CHARACTERS))) : 0;
  const room = text.slice(from, from + most);
  const length =
    early ||
    lastSentenceEnd(room) ||
    lastEnd(room, CLAUSE_ENDS) ||
    lastEnd(room, SPACES) ||
    wholeCharacters(text, from, most);
  return SPEAKABLE.test(text.slice(from + length)) ? from + length : text.length;
}

/** Behind the last sentence that surely ends in `room`; 0 where none does. */
function lastSentenceEnd(room: string): number {
  let end = 0;
  for (const { segment, index } of SENTENCES.segment(room)) {
    const after = index + segment.length;
    // The last one may go on behind the room.
    if (after < room.length && SENTENCE_END.test(segment) && !ABBREVIATION.test(segment)) end = after;
  }
  return SPEAKABLE.test(room.slice(0, end)) ? end : 0;
}

function lastEnd(room: string, ends: RegExp): number {
  let end = 0;
  for (const match of room.matchAll(ends)) {
    const after = match.index + match[0].length;
    if (after < room.length) end = after;
  }
  return SPEAKABLE.test(room.slice(0, end)) ? end : 0;
}

function wholeCharacters(text: string, from: number, most: number): number {
  let length = most;
  while (length > 1 && CONTINUES.test(text.slice(from + length, from + length + 2))) length -= 1;
  return length > 1 ? length : most;
}
