/** Cuts a text into tokens of up to eight characters; joined they are the text again. */
export function tokensOf(text: string): string[] {
  return text.match(/\s?\S{1,8}|\s+/gu) ?? [];
}

const SENTENCES = [
  'That depends on what you want to reach with it.',
  'There are two sides to this, and both matter here.',
  'A short example makes it clearer than a long rule.',
  'First look at the numbers, then decide what to change.',
  'Small steps are easier to check than one large leap.',
  'The naïve way works, though it costs more than it should.',
  'In most cases the simple answer is the right one.',
  'It helps to write down what you already know.',
  'Nothing here is final; it can be refined at any time.',
  'Measured twice, the difference is below one percent.',
  'If in doubt, keep the part that others can read.',
];

/** Exactly `count` tokens of text, the same for the same seed, beginning with a word on the prompt. */
export function answerTokens(prompt: string, seed: number, count: number): string[] {
  const excerpt = prompt.replace(/\s+/g, ' ').trim().slice(0, 48);
  const tokens = tokensOf(excerpt === '' ? 'Here is an answer.' : `You said "${excerpt}".`);
  for (let at = seed; tokens.length < count; at = Math.imul(at, 31) + 7) {
    tokens.push(...tokensOf(` ${SENTENCES[(at >>> 0) % SENTENCES.length] ?? ''}`));
  }
  return tokens.slice(0, count);
}
