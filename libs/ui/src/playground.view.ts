import { isJsonObject, type JsonValue } from '@app/call';
import { paths } from './paths.js';
import { type PlaygroundFields, playgroundBody } from './playground-form.js';

export interface PlaygroundPage {
  readonly fields: PlaygroundFields;
  readonly models: readonly string[];
  /** Null before anything was asked. */
  readonly answer: { readonly text: string; readonly problem: string } | null;
  readonly address: string;
}

export function playgroundView({ fields, models, answer, address }: PlaygroundPage): object {
  const model = fields.model || (models[0] ?? '');
  const names = models.includes(model) || model === '' ? models : [model, ...models];
  return {
    ...fields,
    action: paths.playground,
    stream: paths.playgroundStream,
    models: names
      .filter((name) => !name.includes('*'))
      .map((name) => ({ value: name, label: name, isSelected: name === model })),
    model,
    answer: answer && { isThere: true, ...answer },
    curl: curlOf({ ...fields, model }, address),
    logs: { href: paths.logs },
  };
}

function curlOf(fields: PlaygroundFields, address: string): string {
  const body = JSON.stringify(playgroundBody(fields)).replaceAll("'", "'\\''");
  return `curl -s ${address}/v1/chat/completions \\
  -H "Authorization: Bearer $API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '${body}'`;
}

/** The words of a chat completion; the text itself where it is none. */
export function answerIn(text: string): string {
  try {
    const parsed = JSON.parse(text) as JsonValue;
    const choices = isJsonObject(parsed) ? parsed['choices'] : null;
    const first = Array.isArray(choices) ? choices[0] : null;
    const message = isJsonObject(first) ? first['message'] : null;
    const content = isJsonObject(message) ? message['content'] : null;
    return typeof content === 'string' ? content : text;
  } catch {
    return text;
  }
}
