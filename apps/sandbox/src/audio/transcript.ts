export interface Word {
  word: string;
  start: number;
  end: number;
}

export interface Segment {
  text: string;
  start: number;
  end: number;
  words: Word[];
}

export interface Transcript {
  text: string;
  language: string;
  /** Seconds. */
  duration: number;
  segments: Segment[];
}

const WORDS_PER_SEGMENT = 8;
const MARKER = 'TEXT:<';

/** What is heard in a recording: the text that it carries as `TEXT:<…>`, else how long it is. */
export function transcribe(data: Buffer, duration: number, language: string): Transcript {
  const text = markedText(data) ?? `audio of ${Math.round(duration)} seconds`;
  const spoken = text.split(/\s+/).filter((word) => word !== '');
  const share = duration / Math.max(1, spoken.length);
  const words = spoken.map((word, index) => ({
    word: ` ${word}`,
    start: round(index * share),
    end: round((index + 1) * share),
  }));
  const segments: Segment[] = [];
  for (let at = 0; at < words.length; at += WORDS_PER_SEGMENT) {
    segments.push(segmentOf(words.slice(at, at + WORDS_PER_SEGMENT)));
  }
  return { text, language, duration: round(duration), segments };
}

function markedText(data: Buffer): string | undefined {
  const at = data.indexOf(MARKER);
  if (at === -1) return undefined;
  const end = data.indexOf('>', at);
  return end === -1 ? undefined : data.toString('utf8', at + MARKER.length, end);
}

function segmentOf(words: Word[]): Segment {
  const text = words.map((word) => word.word).join('');
  return { text, start: words[0]?.start ?? 0, end: words.at(-1)?.end ?? 0, words };
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
