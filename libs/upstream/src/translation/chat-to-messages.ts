import { BadRequestError, type Deployment, isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { messageBlocks, systemOf } from './message-blocks.js';

/** They demand a number; this is where nobody names one. */
const DEFAULT_MAX_TOKENS = 4_096;
const LEAST_THINKING_TOKENS = 1_024;
const THINKING_TOKENS: Readonly<Record<string, number>> = { low: 1_024, medium: 2_048, high: 4_096 };
/** Parameters of OpenAI that have no meaning there, with the values that change nothing. */
const WITHOUT_MEANING: Readonly<Record<string, readonly JsonValue[]>> = {
  n: [1],
  logprobs: [false],
  top_logprobs: [0],
  logit_bias: [],
  frequency_penalty: [0],
  presence_penalty: [0],
  seed: [],
  audio: [],
  functions: [],
};
const AS_THEY_ARE = ['temperature', 'top_p', 'top_k', 'thinking', 'stream'] as const;

/**
 * A chat request in Anthropic's words.
 * @throws BadRequestError for what cannot be said in them; `drop_params: true` leaves it out
 */
export function chatToMessages(chat: JsonObject, deployment: Deployment): JsonObject {
  const body = { ...deployment.defaults, ...chat };
  if (body['drop_params'] !== true) refuseMeaningless(body);
  const messages = Array.isArray(body['messages']) ? body['messages'].filter(isJsonObject) : [];
  const system = systemOf(messages);
  const maxTokens = countOf(body['max_completion_tokens'] ?? body['max_tokens']);
  const request: JsonObject = {
    model: deployment.upstreamModel,
    max_tokens: maxTokens ?? deployment.maxOutputTokens ?? DEFAULT_MAX_TOKENS,
    messages: messageBlocks(messages),
  };
  if (system.length > 0) request['system'] = [...system];
  for (const name of AS_THEY_ARE) if (isSet(body[name])) request[name] = body[name] ?? null;
  if (isSet(body['stop'])) request['stop_sequences'] = listed(body['stop'] ?? null);
  if (typeof body['user'] === 'string') request['metadata'] = { user_id: body['user'] };
  addTools(request, body);
  addThinking(request, body['reasoning_effort']);
  addFormat(request, body['response_format']);
  return request;
}

function refuseMeaningless(body: JsonObject): void {
  for (const [name, harmless] of Object.entries(WITHOUT_MEANING)) {
    const value = body[name];
    if (!isSet(value) || harmless.includes(value ?? null)) continue;
    throw new BadRequestError(
      `The provider anthropic does not support \`${name}\`. Leave it out, or send \`drop_params: true\`.`,
      name,
    );
  }
}

function addTools(
  request: JsonObject,
  { tools, tool_choice: choice, parallel_tool_calls: parallel }: JsonObject,
): void {
  if (!Array.isArray(tools) || tools.length === 0) return;
  request['tools'] = tools.map((tool) => {
    const called = isJsonObject(tool) ? tool['function'] : null;
    // Their own tools pass as they are.
    if (!isJsonObject(called)) return tool;
    const { name = null, description, parameters } = called;
    const shown: JsonObject = { name, input_schema: parameters ?? { type: 'object', properties: {} } };
    return description === undefined ? shown : { ...shown, description };
  });
  const wanted = choiceOf(choice);
  const single = parallel === false ? { disable_parallel_tool_use: true } : {};
  if (wanted || parallel === false) request['tool_choice'] = { ...(wanted ?? { type: 'auto' }), ...single };
}

function choiceOf(choice: JsonValue | undefined): JsonObject | null {
  if (choice === 'auto' || choice === 'none') return { type: choice };
  if (choice === 'required') return { type: 'any' };
  const called = isJsonObject(choice) ? choice['function'] : null;
  return isJsonObject(called) ? { type: 'tool', name: called['name'] ?? null } : null;
}

/** Thinking takes its tokens out of the answer's. */
function addThinking(request: JsonObject, effort: JsonValue | undefined): void {
  const wanted = typeof effort === 'string' ? THINKING_TOKENS[effort] : undefined;
  const left = Number(request['max_tokens']) - 1;
  if (wanted === undefined || 'thinking' in request || left < LEAST_THINKING_TOKENS) return;
  request['thinking'] = { type: 'enabled', budget_tokens: Math.min(wanted, left) };
}

function addFormat(request: JsonObject, format: JsonValue | undefined): void {
  if (!isJsonObject(format) || format['type'] === 'text') return;
  const named = format['json_schema'];
  const schema = isJsonObject(named) ? named['schema'] : undefined;
  if (format['type'] !== 'json_schema' || !isJsonObject(schema)) {
    throw new BadRequestError(
      'The provider anthropic takes a `response_format` of the type json_schema alone.',
      'response_format',
    );
  }
  request['output_config'] = { format: { type: 'json_schema', schema } };
}

const isSet = (value: JsonValue | undefined): boolean => value !== undefined && value !== null;
const listed = (value: JsonValue): JsonValue[] => (Array.isArray(value) ? value : [value]);
const countOf = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && value > 0 ? Math.floor(value) : null;
