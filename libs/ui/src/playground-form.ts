import { type JsonObject } from '@app/call';

/** What somebody asks one or more models here. */
export interface PlaygroundFields {
  readonly models: readonly string[];
  readonly system: string;
  readonly message: string;
  readonly temperature: string;
  readonly maxTokens: string;
  readonly searches: boolean;
}

const MAX_TEXT = 100_000;
/** More do not fit beside each other. */
export const MAX_MODELS = 4;

/** From the address or from the form. */
export function readPlayground(given: {
  get(name: string): string | null;
  list(name: string): string[];
}): PlaygroundFields {
  const text = (name: string): string => cleaned(given.get(name) ?? '');
  const models = given.list('model').map((name) => cleaned(name).trim().slice(0, 200));
  return {
    models: [...new Set(models.filter((name) => name !== ''))].slice(0, MAX_MODELS),
    system: text('system'),
    message: text('message'),
    temperature: text('temperature').trim(),
    maxTokens: text('max_tokens').trim(),
    searches: given.get('search') === 'on',
  };
}

/** What somebody wants to hear. */
export interface SpeechFields {
  readonly model: string;
  readonly input: string;
  readonly voice: string;
  readonly speed: string;
  readonly format: string;
}

/** The usual formats; the first is what a form begins with. */
export const SPEECH_FORMATS = ['mp3', 'wav', 'opus', 'flac'] as const;

export function readSpeech(given: { get(name: string): string | null }): SpeechFields {
  const text = (name: string): string => cleaned(given.get(name) ?? '');
  const format = SPEECH_FORMATS.find((one) => one === text('response_format'));
  return {
    model: text('model').trim().slice(0, 200),
    input: text('input'),
    voice: text('voice').trim().slice(0, 200) || 'alloy',
    speed: text('speed').trim(),
    format: format ?? SPEECH_FORMATS[0],
  };
}

/** The same as a request; a speed that is no number is left out. */
export function speechBody({ model, input, voice, speed, format }: SpeechFields): JsonObject {
  const pace = Number(speed);
  const hasSpeed = speed !== '' && Number.isFinite(pace);
  return { model, input, voice, response_format: format, ...(hasSpeed && { speed: pace }) };
}

const cleaned = (text: string): string => text.replaceAll('\0', '').toWellFormed().slice(0, MAX_TEXT);

/** The request as any client would send it; numbers that are none are left out. */
export function playgroundBody(
  fields: PlaygroundFields,
  model: string,
  searchTool: string | null,
): JsonObject {
  const { system, message, temperature, maxTokens, searches } = fields;
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
    ...(searches && searchTool !== null && { tools: [{ type: 'function', function: { name: searchTool } }] }),
  };
}
