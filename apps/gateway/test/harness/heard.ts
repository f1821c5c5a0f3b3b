import { type Artefact } from './canaries.ts';

/** What a client saw of an answer. */
interface Heard {
  readonly headers: object;
  readonly text: string;
}

/** Later ones are left out: load would fill the memory with answers that are all alike. */
const MOST_LENGTH = 16 * 1024 * 1024;
let answers: Heard[] = [];
let length = 0;

/** Keeps what a gateway answered until it is looked through. */
export function hear(answer: Heard): void {
  if (length >= MOST_LENGTH) return;
  length += answer.text.length;
  answers.push(answer);
}

/** What gateways of this process have answered since this was last asked. */
export function whatWasHeard(): Artefact[] {
  const content = answers.map(({ headers, text }) => `${JSON.stringify(headers)}\n${text}`).join('\n');
  [answers, length] = [[], 0];
  return content === '' ? [] : [{ name: 'answers', content }];
}
