import { type JsonObject } from '@app/call';

/** What somebody asks a model here. */
export interface PlaygroundFields {
  readonly model: string;
  readonly system: string;
  readonly message: string;
  readonly temperature: string;
  readonly maxTokens: string;
}

const MAX_TEXT = 100_000;

/** From the address or from the form. */
export function readPlayground(given: { get(name: string): string | null }): PlaygroundFields {
  const text = (name: string): string =>
    (given.get(name) ?? '').replaceAll('\0', '').toWellFormed().slice(0, MAX_TEXT);
  return {
    model: text('model').trim(),
    system: text('system'),
    message: text('message'),
    temperature: text('temperature').trim(),
    maxTokens: text('max_tokens').trim(),
  };
}

/** The request as any client would send it; numbers that are none are left out. */
export function playgroundBody({
  model,
  system,
  message,
  temperature,
  maxTokens,
}: PlaygroundFields): JsonObject {
  const heat = Number(temperature);
  const most = Number(maxTokens);
  return {
    model,
    messages: [
      ...(system.trim() === '' ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: message },
    ],
    ...(temperature !== '' && Number.isFinite(heat) && { temperature: heat }),
    ...(Number.isInteger(most) && most > 0 && { max_tokens: most }),
  };
}
