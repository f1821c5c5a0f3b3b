import OpenAI from 'openai';
import OpenAI4 from 'openai4';
import OpenAI6 from 'openai6';
import { type Gateway } from '../harness.ts';

/** The majors that are in use; what the tests touch has the same types in all of them. */
export const OPENAI_MAJORS: readonly (readonly [name: string, client: typeof OpenAI])[] = [
  ['openai 7', OpenAI],
  ['openai 6', OpenAI6 as unknown as typeof OpenAI],
  ['openai 4', OpenAI4 as unknown as typeof OpenAI],
];

export const clientOf = (
  Client: typeof OpenAI,
  gateway: Gateway,
  options: { readonly key: string; readonly maxRetries?: number },
): OpenAI =>
  new Client({ baseURL: `${gateway.url}/v1`, apiKey: options.key, maxRetries: options.maxRetries ?? 0 });

export const WEATHER_TOOL: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' } },
      required: ['city', 'days'],
      additionalProperties: false,
    },
  },
};

export const PERSON_SCHEMA = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
} as const;
