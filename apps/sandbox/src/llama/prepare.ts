import { randomBytes } from 'node:crypto';
import type { Exchange } from '../core/exchange.js';
import type { JsonObject } from '../core/json.js';
import {
  readChat,
  readCompletion,
  readMessages,
  readNative,
  readResponses,
  type ChatCall,
} from './chat-call.js';
import { renderChat } from './chat-reply.js';
import { renderCompletion } from './completion-reply.js';
import { composeAnswer, countAnswer } from './compose-answer.js';
import type { LlamaSettings } from './llama-settings.js';
import { findModel, type LlamaModel } from './models.js';
import { renderMessages } from './messages-reply.js';
import { renderNative } from './native-reply.js';
import type { Rendering, Said } from './rendering.js';
import { renderResponses } from './responses-reply.js';
import { meter } from './usage.js';

export type TextKind = ChatCall['kind'];

/** A request for text, understood, and its answer but for id and time. */
export interface Prepared {
  call: ChatCall;
  modelId: string;
  model: LlamaModel;
  tokens: number;
  rendering: Rendering;
}

const READERS: Record<TextKind, (body: JsonObject) => ChatCall> = {
  chat: readChat,
  completion: readCompletion,
  native: readNative,
  messages: readMessages,
  responses: readResponses,
};
const RENDERERS: Record<TextKind, (said: Said) => Rendering> = {
  chat: renderChat,
  completion: renderCompletion,
  native: renderNative,
  messages: renderMessages,
  responses: renderResponses,
};

export function prepare(
  exchange: Exchange<LlamaSettings>,
  kind: TextKind,
  body: JsonObject,
): Prepared | undefined {
  const { fault, settings: base } = exchange;
  const modelId = String(body['model']);
  const model = findModel(modelId, base);
  if (model === undefined) return undefined;
  const settings =
    fault?.has('tokens') === true ? { ...base, answerTokens: fault.number('tokens', 24) } : base;
  const call = READERS[kind](body);
  const answers = Array.from({ length: call.choices }, (_, index) =>
    composeAnswer(call, model, settings, index),
  );
  const metering = meter(call, answers, settings);
  const tokens = answers.reduce((sum, answer) => sum + countAnswer(answer), 0);
  const rendering = RENDERERS[kind]({ call, model, settings, answers, metering });
  return { call, modelId, model, tokens, rendering };
}

const REMEMBERED = 512;
const LONGEST_REMEMBERED_BYTES = 32_768;

/** Answers to bodies seen before; a load test sends the same few again and again. */
export class PreparedAnswers {
  private readonly byBody = new Map<string, Prepared>();

  find(exchange: Exchange, kind: TextKind): Prepared | undefined {
    return exchange.fault === undefined ? this.byBody.get(keyOf(exchange, kind)) : undefined;
  }

  remember(exchange: Exchange, kind: TextKind, prepared: Prepared): void {
    if (exchange.fault !== undefined || exchange.body.length > LONGEST_REMEMBERED_BYTES) return;
    if (this.byBody.size >= REMEMBERED) this.byBody.clear();
    this.byBody.set(keyOf(exchange, kind), prepared);
  }

  clear(): void {
    this.byBody.clear();
  }
}

function keyOf(exchange: Exchange, kind: TextKind): string {
  if (exchange.body.length > LONGEST_REMEMBERED_BYTES) return '';
  return kind + exchange.body.toString('latin1');
}

const PROCESS_PART = randomBytes(12).toString('hex');
let answered = 0;

/** Thirty-two characters that no other answer has. */
export function uniqueId(): string {
  return PROCESS_PART + (++answered).toString(36).padStart(8, '0');
}
