import { hashOf } from '../core/hash.js';
import { answerTokens, tokensOf } from './answer-text.js';
import type { ChatCall, Tool } from './chat-call.js';
import { exampleOf } from './json-example.js';
import type { LlamaSettings } from './llama-settings.js';
import type { LlamaModel } from './models.js';

export interface ToolCall {
  id: string;
  name: string;
  /** Pieces of the arguments' JSON text; the first one rides with no text before it. */
  fragments: string[];
}

/** One choice: what is said, in pieces of one token. */
export interface Answer {
  reasoning: string[];
  content: string[];
  toolCalls: ToolCall[];
  finish: 'stop' | 'length' | 'tool_calls';
  /** The stop string that ended it, if one did. */
  stoppedBy: string | null;
}

/** Tokens that an answer costs: one for each piece that a stream sends. */
export function countAnswer(answer: Answer): number {
  const inCalls = answer.toolCalls.reduce((sum, call) => sum + 1 + call.fragments.length, 0);
  return answer.reasoning.length + answer.content.length + inCalls;
}

const WANTS_TOOL = /weather|latest|today|news|call tool/i;

/** What the model says to a request: always the same for the same request. */
export function composeAnswer(
  call: ChatCall,
  model: LlamaModel,
  settings: LlamaSettings,
  choice: number,
): Answer {
  const last = call.turns.at(-1);
  const user = call.turns.findLast((turn) => turn.role === 'user')?.text ?? '';
  const seed = hashOf(call.turns.map((turn) => `${turn.role}:${turn.text}`).join('\n')) + choice;
  const thinks = call.thinking ?? (model.thinks || /(^|\s)\/think\b/.test(user));
  const reasoning = thinks ? answerTokens('', seed + 1, Math.ceil(settings.answerTokens / 2)) : [];
  const tools = last?.role === 'tool' ? [] : calledTools(call, user);
  if (tools.length > 0) {
    const toolCalls = tools.map((tool, index) => toolCall(tool, user, seed + index));
    return { reasoning, content: [], toolCalls, finish: 'tool_calls', stoppedBy: null };
  }
  const content = contentOf(call, user, { seed, count: settings.answerTokens });
  return limited({ reasoning, content, toolCalls: [], finish: 'stop', stoppedBy: null }, call);
}

function calledTools(call: ChatCall, user: string): Tool[] {
  const { toolChoice, tools } = call;
  if (typeof toolChoice === 'object') return tools.filter((tool) => tool.name === toolChoice.name);
  if (tools.length === 0 || toolChoice === 'none') return [];
  if (toolChoice !== 'required' && !WANTS_TOOL.test(user)) return [];
  if (call.parallelTools && /\b(both|all) tools\b/i.test(user)) return tools;
  const words = /weather/i.test(user) ? /weather/i : /search|news|web/i;
  const fitting = tools.find((tool) => words.test(`${tool.name} ${tool.description}`)) ?? tools[0];
  return fitting === undefined ? [] : [fitting];
}

function toolCall(tool: Tool, user: string, seed: number): ToolCall {
  const text = JSON.stringify(exampleOf(tool.parameters, user.slice(0, 120)));
  const id = Array.from({ length: 4 }, (_, part) => hashOf(`${seed}/${part}`).toString(36).padStart(8, '0'));
  // Three characters at a time: fragments split names, escapes and pairs of quotes.
  return { id: id.join('').slice(0, 32), name: tool.name, fragments: text.match(/.{1,3}/gsu) ?? [] };
}

function contentOf(call: ChatCall, user: string, filler: { seed: number; count: number }): string[] {
  if (call.schema !== null) return tokensOf(JSON.stringify(exampleOf(call.schema, user.slice(0, 60))));
  const last = call.turns.at(-1);
  if (last?.role === 'tool') return tokensOf(`According to the tool: ${last.text.slice(0, 2000)}`);
  if (user.startsWith('echo:')) return tokensOf(user.slice('echo:'.length));
  const seen = call.images === 0 ? '' : `I see ${call.images} image${call.images === 1 ? '' : 's'}. `;
  return answerTokens(seen + user, filler.seed, filler.count);
}

function limited(answer: Answer, call: ChatCall): Answer {
  const stopped = cutAtStop(answer, call.stop);
  const { maxTokens } = call;
  if (maxTokens === null || countAnswer(stopped) <= maxTokens) return stopped;
  const reasoning = stopped.reasoning.slice(0, maxTokens);
  const content = stopped.content.slice(0, maxTokens - reasoning.length);
  return { ...stopped, reasoning, content, finish: 'length', stoppedBy: null };
}

function cutAtStop(answer: Answer, stops: readonly string[]): Answer {
  const text = answer.content.join('');
  let end = text.length;
  let stoppedBy: string | null = null;
  for (const stop of stops) {
    const at = stop === '' ? -1 : text.indexOf(stop);
    if (at !== -1 && at < end) [end, stoppedBy] = [at, stop];
  }
  return stoppedBy === null ? answer : { ...answer, content: tokensOf(text.slice(0, end)), stoppedBy };
}
