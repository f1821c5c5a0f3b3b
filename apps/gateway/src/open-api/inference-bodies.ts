import { type JsonObject } from '@app/call';

const MODEL: JsonObject = { type: 'string', minLength: 1, maxLength: 256 };
const TEXT: JsonObject = { type: 'string' };
const STREAM: JsonObject = { type: ['boolean', 'null'] };
/** What the gateway does not know goes to the backend as it is. */
const OPEN = { type: 'object', additionalProperties: true } as const;

const json = (schema: JsonObject): JsonObject => ({ 'application/json': { schema } });
const upload: JsonObject = {
  'multipart/form-data': {
    schema: {
      ...OPEN,
      required: ['file', 'model'],
      properties: { file: { type: 'string', format: 'binary' }, model: MODEL },
    },
  },
};
const search = json({
  ...OPEN,
  required: ['query'],
  properties: {
    query: { type: ['string', 'array'] },
    search_tool_name: { type: 'string' },
    max_results: { type: 'integer', minimum: 1, maximum: 20 },
    search_domain_filter: { type: 'array', maxItems: 20, items: { type: 'string' } },
    country: { type: 'string', minLength: 2, maxLength: 2 },
  },
});

const messages = json({
  ...OPEN,
  required: ['model', 'messages'],
  properties: {
    model: MODEL,
    messages: { type: 'array', minItems: 1, items: { type: 'object' } },
    max_tokens: { type: ['integer', 'null'], minimum: 0 },
    stream: STREAM,
  },
});

/** What the doors for inference read, by path without `/v1`. */
export const INFERENCE_BODIES: ReadonlyMap<string, JsonObject> = new Map([
  [
    '/chat/completions',
    json({
      ...OPEN,
      required: ['model', 'messages'],
      properties: {
        model: MODEL,
        messages: { type: 'array', minItems: 1, items: { type: 'object' } },
        stream: STREAM,
      },
    }),
  ],
  [
    '/completions',
    json({
      ...OPEN,
      required: ['model', 'prompt'],
      properties: { model: MODEL, prompt: { type: ['string', 'array'] }, stream: STREAM },
    }),
  ],
  [
    '/embeddings',
    json({
      ...OPEN,
      required: ['model', 'input'],
      properties: { model: MODEL, input: { type: ['string', 'array'] } },
    }),
  ],
  [
    '/audio/speech',
    json({
      ...OPEN,
      required: ['model', 'input'],
      properties: { model: MODEL, input: { type: 'string' }, voice: { type: 'string' } },
    }),
  ],
  ['/messages', messages],
  ['/messages/count_tokens', messages],
  ['/api/event_logging/batch', json(OPEN)],
  [
    '/responses',
    json({
      ...OPEN,
      required: ['model', 'input'],
      properties: {
        model: MODEL,
        input: { type: ['string', 'array'] },
        max_output_tokens: { type: ['integer', 'null'], minimum: 0 },
        stream: STREAM,
      },
    }),
  ],
  [
    '/responses/compact',
    json({
      ...OPEN,
      required: ['model'],
      properties: { model: MODEL, input: { type: ['string', 'array', 'null'] } },
    }),
  ],
  [
    '/rerank',
    json({
      ...OPEN,
      required: ['model', 'query', 'documents'],
      properties: { model: MODEL, query: TEXT, documents: { type: 'array' } },
    }),
  ],
  [
    '/moderations',
    json({
      ...OPEN,
      required: ['input'],
      properties: { model: MODEL, input: { type: ['string', 'array'] } },
    }),
  ],
  [
    '/images/generations',
    json({ ...OPEN, required: ['model', 'prompt'], properties: { model: MODEL, prompt: TEXT } }),
  ],
  [
    '/images/edits',
    {
      'multipart/form-data': {
        schema: {
          ...OPEN,
          required: ['image', 'model', 'prompt'],
          properties: { image: { type: 'string', format: 'binary' }, model: MODEL, prompt: TEXT },
        },
      },
    },
  ],
  [
    '/infill',
    json({
      ...OPEN,
      required: ['model', 'input_prefix', 'input_suffix'],
      properties: { model: MODEL, input_prefix: TEXT, input_suffix: TEXT, stream: STREAM },
    }),
  ],
  [
    '/utils/token_counter',
    json({
      ...OPEN,
      required: ['model'],
      properties: { model: MODEL, messages: { type: 'array' }, prompt: TEXT },
    }),
  ],
  ['/audio/transcriptions', upload],
  ['/audio/translations', upload],
  ['/search', search],
  ['/search/{tool}', search],
]);
