import { isObject, listAt, numberAt, objectAt, textAt, type JsonObject } from '../core/json.js';

export interface Turn {
  role: string;
  text: string;
  images: number;
  calledTools: boolean;
}

export interface Tool {
  name: string;
  description: string;
  parameters: JsonObject;
}

/** A request for text, whichever of the protocols it came in. */
export interface ChatCall {
  kind: 'chat' | 'completion' | 'native' | 'messages' | 'responses';
  stream: boolean;
  includeUsage: boolean;
  choices: number;
  /** Null when the request sets no limit. */
  maxTokens: number | null;
  stop: string[];
  turns: Turn[];
  tools: Tool[];
  /** `auto`, `none`, `required`, or the name of the tool that must be called. */
  toolChoice: string | { name: string };
  parallelTools: boolean;
  /** The schema that the answer must follow; an empty one means any JSON object. */
  schema: JsonObject | null;
  logprobs: boolean;
  promptTokens: number;
  images: number;
  /** Whether thinking was switched on or off in so many words. */
  thinking: boolean | null;
  returnProgress: boolean;
  /** Why llama.cpp would not take the request. */
  problem: string | null;
}

const TOKENS_PER_IMAGE = 256;

/** The counting rule of the stand-in: four UTF-8 bytes a token, four tokens a message, 256 an image. */
export function countPrompt(turns: readonly Turn[]): number {
  let bytes = 0;
  let images = 0;
  for (const turn of turns) {
    bytes += Buffer.byteLength(turn.text);
    images += turn.images;
  }
  return Math.ceil(bytes / 4) + 4 * turns.length + TOKENS_PER_IMAGE * images;
}

export function readChat(body: JsonObject): ChatCall {
  const turns = listAt(body, 'messages').map(readTurn);
  const functions = listAt(body, 'tools').map((tool) => objectAt(tool, 'function'));
  return {
    ...common(body, turns),
    kind: 'chat',
    tools: functions.map((tool) => readTool(tool, 'parameters')),
    toolChoice: readToolChoice(body['tool_choice']),
    schema: readSchema(objectAt(body, 'response_format'), body),
    problem: chatProblem(body, turns),
  };
}

export function readCompletion(body: JsonObject): ChatCall {
  const prompt = body['prompt'];
  const text = Array.isArray(prompt)
    ? prompt.map(String).join(' ')
    : typeof prompt === 'string'
      ? prompt
      : '';
  const around = `${textAt(body, 'input_prefix') ?? ''}${text}${textAt(body, 'input_suffix') ?? ''}`;
  const turns = [{ role: 'user', text: around, images: 0, calledTools: false }];
  // A bare prompt has no chat template around it, hence no tokens per message.
  return {
    ...common(body, turns),
    kind: 'completion',
    promptTokens: Math.ceil(Buffer.byteLength(around) / 4),
  };
}

export function readNative(body: JsonObject): ChatCall {
  return { ...readCompletion(body), kind: 'native' };
}

/** Anthropic's messages. */
export function readMessages(body: JsonObject): ChatCall {
  const turns = listAt(body, 'messages').map(readTurn);
  const system = textOfContent(body['system']);
  if (system !== '') turns.unshift({ role: 'system', text: system, images: 0, calledTools: false });
  const choice = objectAt(body, 'tool_choice');
  const type = textAt(choice, 'type') ?? 'auto';
  return {
    ...common(body, turns),
    kind: 'messages',
    stop: listAt(body, 'stop_sequences').map(String),
    tools: listAt(body, 'tools').map((tool) => readTool(isObject(tool) ? tool : {}, 'input_schema')),
    toolChoice: type === 'tool' ? { name: textAt(choice, 'name') ?? '' } : type === 'any' ? 'required' : type,
  };
}

/** OpenAI's responses. */
export function readResponses(body: JsonObject): ChatCall {
  const { input } = body;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : listAt(body, 'input');
  const turns = items.map((item) => {
    const turn = readTurn(item);
    if (textAt(item, 'type') !== 'function_call_output') return turn;
    return { ...turn, role: 'tool', text: textOfContent(objectOr(item)['output']) };
  });
  const instructions = textAt(body, 'instructions');
  if (instructions !== undefined)
    turns.unshift({ role: 'system', text: instructions, images: 0, calledTools: false });
  return {
    ...common(body, turns),
    kind: 'responses',
    maxTokens: numberAt(body, 'max_output_tokens') ?? null,
    tools: listAt(body, 'tools').map((tool) => readTool(objectOr(tool), 'parameters')),
    toolChoice: readToolChoice(body['tool_choice']),
    schema: readSchema(objectAt(objectAt(body, 'text'), 'format'), {}),
  };
}

function common(body: JsonObject, turns: Turn[]): ChatCall {
  // `n_predict` overrides the others; a negative limit means none.
  const limit =
    numberAt(body, 'n_predict') ??
    numberAt(body, 'max_completion_tokens') ??
    numberAt(body, 'max_tokens') ??
    -1;
  const { stop } = body;
  return {
    kind: 'chat',
    stream: body['stream'] === true,
    includeUsage: objectAt(body, 'stream_options')['include_usage'] === true,
    choices: Math.max(1, numberAt(body, 'n') ?? 1),
    maxTokens: limit < 0 ? null : limit,
    stop: typeof stop === 'string' ? [stop] : listAt(body, 'stop').map(String),
    turns,
    tools: [],
    toolChoice: 'auto',
    parallelTools: body['parallel_tool_calls'] === true,
    schema: null,
    logprobs: body['logprobs'] === true || typeof body['logprobs'] === 'number',
    promptTokens: countPrompt(turns),
    images: turns.reduce((sum, turn) => sum + turn.images, 0),
    thinking: readThinking(body),
    returnProgress: body['return_progress'] === true,
    problem: null,
  };
}

function objectOr(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function readTurn(message: unknown): Turn {
  const content = objectOr(message)['content'];
  const parts = Array.isArray(content) ? (content as unknown[]) : [];
  const types = parts.map((part) => textAt(part, 'type') ?? '');
  // Anthropic carries tool results in user messages.
  const role = types.includes('tool_result') ? 'tool' : (textAt(message, 'role') ?? 'user');
  const calledTools = listAt(message, 'tool_calls').length > 0 || types.includes('tool_use');
  const images = types.filter((type) => /^(image|image_url|input_image)$/.test(type)).length;
  return { role, text: textOfContent(content), images, calledTools };
}

function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => textAt(part, 'text') ?? textOfContent(objectOr(part)['content']))
    .join('');
}

function readTool(tool: JsonObject, parameters: string): Tool {
  return {
    name: textAt(tool, 'name') ?? 'unnamed',
    description: textAt(tool, 'description') ?? '',
    parameters: objectAt(tool, parameters),
  };
}

function readToolChoice(choice: unknown): ChatCall['toolChoice'] {
  if (typeof choice === 'string') return choice;
  const name = textAt(objectAt(choice, 'function'), 'name') ?? textAt(choice, 'name');
  return name === undefined ? 'auto' : { name };
}

function readSchema(format: JsonObject, body: JsonObject): JsonObject | null {
  if (isObject(body['json_schema'])) return body['json_schema'];
  if (format['type'] === 'json_object') return objectAt(format, 'schema');
  if (format['type'] !== 'json_schema') return null;
  return isObject(format['schema']) ? format['schema'] : objectAt(objectAt(format, 'json_schema'), 'schema');
}

function readThinking(body: JsonObject): boolean | null {
  const wish = objectAt(body, 'chat_template_kwargs')['enable_thinking'];
  return typeof wish === 'boolean' ? wish : null;
}

const FORMATS = ['text', 'json_object', 'json_schema'];

function chatProblem(body: JsonObject, turns: readonly Turn[]): string | null {
  const format = textAt(objectAt(body, 'response_format'), 'type') ?? 'text';
  if (!FORMATS.includes(format))
    return `response_format type must be one of "text" or "json_object", but got: ${format}`;
  if (body['json_schema'] !== undefined && body['grammar'] !== undefined)
    return 'Either "json_schema" or "grammar" can be specified, but not both';
  const hasTools = listAt(body, 'tools').length > 0;
  if (hasTools && body['grammar'] !== undefined) return 'Cannot use custom grammar constraints with tools.';
  if (hasTools && body['stream'] === true && body['logprobs'] === true)
    return 'logprobs is not supported with tools + stream';
  if (turns.at(-1)?.role === 'assistant' && turns.at(-2)?.role === 'assistant')
    return 'Cannot have 2 or more assistant messages at the end of the list.';
  return turns.length === 0 ? "'messages' is required" : null;
}
