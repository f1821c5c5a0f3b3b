import { type Call, type Deployment } from '@app/call';
import { cutSpeech } from './cut-speech.js';
import { formatOf } from './speech-request.js';

/** Longer texts keep a listener waiting with backends that speak only when they have all of it. */
const PART_CHARACTERS = 500;
const JOINED_FORMATS: ReadonlySet<string> = new Set(['mp3', 'wav', 'pcm']);

/** A text on its way to be spoken, part by part. */
export class SpeechText {
  #at = 0;

  /** @param most characters of a part; null speaks all of it at once */
  constructor(
    readonly whole: string,
    private readonly most: number | null,
  ) {}

  get isDone(): boolean {
    return this.#at >= this.whole.length;
  }

  next(): string {
    const from = this.#at;
    this.#at = this.most === null ? this.whole.length : cutSpeech(this.whole, from, this.most);
    return this.whole.slice(from, this.#at);
  }
}

/** The text of a call as this deployment is to speak it. */
export function speechTextOf(call: Call, deployment: Deployment): SpeechText {
  const { input, speak_early: speakEarly } = call.body.object;
  const most = deployment.speechPartCharacters ?? PART_CHARACTERS;
  const isInParts = speakEarly !== false && most > 0 && JOINED_FORMATS.has(formatOf(call, deployment));
  return new SpeechText(typeof input === 'string' ? input : '', isInParts ? most : null);
}
