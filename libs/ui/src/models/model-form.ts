import { isJsonObject, type JsonObject, type JsonValue, picoUsdFrom, usdText } from '@app/call';
import { type ModelInfoView } from '@app/routing';
import { bodyOf, valuesOf } from '../forms/form-body.js';
import { type Field, fieldsOf, type FormSection, textOf, type Values } from '../forms/form-field.js';

const MODES = [
  { value: 'chat', label: 'Chat' },
  { value: 'completion', label: 'Completion of text' },
  { value: 'embedding', label: 'Embeddings' },
  { value: 'rerank', label: 'Reranking' },
  { value: 'audio_speech', label: 'Speech' },
  { value: 'audio_transcription', label: 'Transcription' },
  { value: 'image_generation', label: 'Images' },
];

const YES_OR_NO = [
  { value: '', label: 'As the backend says' },
  { value: 'true', label: 'Yes' },
  { value: 'false', label: 'No' },
];

const INFO = 'info.';
const PRICES: Readonly<Record<string, bigint>> = {
  input_cost_per_token: 1_000_000n,
  output_cost_per_token: 1_000_000n,
  cache_read_input_token_cost: 1_000_000n,
  input_cost_per_character: 1_000_000n,
  input_cost_per_second: 60n,
  input_cost_per_request: 1n,
};

const price = (id: string, label: string, after: string): Field => ({
  id,
  wire: INFO + id,
  label,
  kind: 'money',
  before: '$',
  after,
});

const IDENTITY: readonly Field[] = [
  {
    id: 'model_name',
    wire: 'model_name',
    label: 'Name',
    kind: 'text',
    missing: 'Write the name that clients ask for.',
    hint: 'What clients ask for. Several deployments of one name share its calls. A star makes it a pattern.',
    width: 'l',
  },
  {
    id: 'mode',
    wire: `${INFO}mode`,
    label: 'What it does',
    kind: 'choice',
    choices: MODES,
    width: 'm',
  },
];

const BACKEND: readonly Field[] = [
  {
    id: 'model',
    wire: 'model',
    label: 'Model at the backend',
    kind: 'text',
    missing: 'Write provider/model, such as openai/qwen3-30b-a3b.',
    placeholder: 'openai/qwen3-30b-a3b',
    hint: 'The protocol that the backend speaks, a slash, and the name it knows. llama-swap speaks openai.',
    width: 'l',
    maxLength: 500,
  },
  {
    id: 'api_base',
    wire: 'api_base',
    label: 'Address',
    kind: 'text',
    placeholder: 'http://llama-swap:8080/v1',
    hint: 'Empty for a hosted provider at its own address.',
    width: 'l',
    maxLength: 2_000,
  },
  {
    id: 'api_key',
    wire: 'api_key',
    label: 'Key of the backend',
    kind: 'secret',
    hint: 'Stored encrypted and never shown again. Empty: what is stored stays.',
    width: 'l',
    maxLength: 2_000,
  },
];

const count = (id: string, label: string, after: string, wire = id): Field => ({
  id,
  wire,
  label,
  kind: 'count',
  after,
});

const seconds = (id: string, label: string): Field => ({ id, wire: id, label, kind: 'number', after: 's' });

/** The form for a model of the database. */
export const MODEL_SECTIONS: readonly FormSection[] = [
  { title: 'What it is called', rows: IDENTITY },
  { title: 'Where it runs', rows: BACKEND },
  {
    title: 'What it costs',
    text: 'For hosted models without a price here the price list of the gateway counts. Others are free and marked unpriced.',
    rows: [
      [
        price('input_cost_per_token', 'Input', '1 M tokens'),
        price('output_cost_per_token', 'Output', '1 M tokens'),
        price('cache_read_input_token_cost', 'Cached input', '1 M tokens'),
      ],
      [
        price('input_cost_per_character', 'Speech', '1 M characters'),
        price('input_cost_per_second', 'Transcription', '1 minute'),
        price('input_cost_per_request', 'Each call', '1 request'),
      ],
    ],
  },
  {
    title: 'More options: limits, deadlines, weights, anything else',
    isMore: true,
    rows: [
      [
        count('rpm', 'Requests', 'a minute'),
        count('tpm', 'Tokens', 'a minute'),
        count('max_parallel_requests', 'At once', 'calls'),
      ],
      [
        seconds('timeout', 'Longest call'),
        seconds('stream_timeout', 'Until the first token'),
        seconds('cooldown_time', 'Rest after failures'),
      ],
      [
        { id: 'weight', wire: 'weight', label: 'Weight', kind: 'number' },
        { id: 'order', wire: 'order', label: 'Order', kind: 'count' },
        count('max_input_tokens', 'Context', 'tokens', `${INFO}max_input_tokens`),
      ],
      {
        id: 'supports_function_calling',
        wire: `${INFO}supports_function_calling`,
        label: 'Calls functions',
        kind: 'choice',
        choices: YES_OR_NO,
        width: 'm',
      },
      {
        id: 'model_tags',
        wire: 'routing_tags',
        label: 'Tags',
        kind: 'words',
        hint: 'For routing by tag, separated by commas.',
        width: 'l',
      },
      {
        id: 'extra',
        wire: 'extra',
        label: 'Other parameters',
        kind: 'json',
        placeholder: '{"temperature": 0.7}',
        hint: 'Any other litellm_params: parameters that hold where clients send none, credentials of other providers.',
      },
    ],
  },
];

export const MODEL_FIELDS: readonly Field[] = fieldsOf(MODEL_SECTIONS);

/** What `/model/new` and `/model/update` take, null for what is empty; `before` is what the form began with. */
export function modelBody(values: Values, before: Values | null): JsonObject {
  const params: Record<string, JsonValue> = {};
  const info: Record<string, JsonValue> = {};
  const {
    model_name = null,
    extra = {},
    routing_tags: tags = null,
    ...others
  } = bodyOf(MODEL_FIELDS, values);
  const members = { ...others, tags };
  for (const [name, value] of Object.entries(members)) {
    if (!name.startsWith(INFO)) params[name] = isEmptyList(value) ? null : value;
    else info[name.slice(INFO.length)] = infoValue(name.slice(INFO.length), value);
  }
  // A key is only ever replaced: what the form does not show it cannot take away.
  if (params['api_key'] === null) delete params['api_key'];
  const gone = before === null ? [] : Object.keys(objectOf(before, 'extra'));
  const extras = {
    ...Object.fromEntries(gone.map((name) => [name, null])),
    ...(isJsonObject(extra) ? extra : {}),
  };
  const body = { litellm_params: { ...extras, ...params }, model_info: info };
  return before === null ? { model_name, ...filled(body) } : { model_name, ...body };
}

/** The form as a model that is there fills it; of credentials there is nothing to show. */
export function valuesOfModel({ model_name, litellm_params, model_info }: ModelInfoView): Values {
  const known = new Set(['tags', ...MODEL_FIELDS.map(({ wire }) => wire)]);
  const prices = Object.entries(PRICES).map(
    ([name, unit]) => [INFO + name, perUnit(model_info[name], unit)] as const,
  );
  const info = Object.entries(model_info).map(([name, value]) => [INFO + name, value] as const);
  const extra = Object.entries(litellm_params).filter(([name]) => !known.has(name));
  const row: Readonly<Record<string, unknown>> = {
    ...litellm_params,
    ...Object.fromEntries(info),
    ...Object.fromEntries(prices),
    model_name,
    routing_tags: litellm_params['tags'] ?? [],
    extra: Object.fromEntries(extra),
  };
  return valuesOf(MODEL_FIELDS, row);
}

function infoValue(name: string, value: JsonValue): JsonValue {
  const unit = PRICES[name];
  if (unit !== undefined)
    return typeof value === 'string' ? Number(usdText((picoUsdFrom(value) ?? 0n) / unit)) : null;
  if (name === 'supports_function_calling') return value === null ? null : value === 'true';
  return value;
}

function perUnit(price: JsonValue | undefined, unit: bigint): string | null {
  if (typeof price !== 'number' && typeof price !== 'string') return null;
  const picoUsd = picoUsdFrom(price);
  return picoUsd === null ? null : usdText(picoUsd * unit);
}

const isEmptyList = (value: JsonValue): boolean => Array.isArray(value) && value.length === 0;

function objectOf(values: Values, id: string): JsonObject {
  const text = textOf(values, id);
  const parsed = text === '' ? {} : (JSON.parse(text) as JsonValue);
  return isJsonObject(parsed) ? parsed : {};
}

const filled = (body: Readonly<Record<string, JsonObject>>): JsonObject =>
  Object.fromEntries(
    Object.entries(body).map(([name, members]) => [
      name,
      Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)),
    ]),
  );
