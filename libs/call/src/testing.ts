import { type Call } from './call.js';
import { ANONYMOUS, type Caller } from './caller.js';
import { type Deployment, NO_PRICE } from './deployment.js';
import { type JsonObject } from './json.js';
import { parseJsonBody } from './json-body.js';
import { type LimitRule } from './limit-rule.js';
import { type Outcome } from './outcome.js';
import { NO_USAGE } from './usage.js';

let count = 0;

export function aCaller(changes: Partial<Caller> = {}): Caller {
  return { ...ANONYMOUS, kind: 'key', keyHash: 'ab'.repeat(32), keyName: 'sk-...abcd', ...changes };
}

/** A chat call; `body` is what the client sent. */
export function aCall(changes: Partial<Omit<Call, 'body'>> & { body?: JsonObject } = {}): Call {
  const { body, ...others } = changes;
  count += 1;
  const bytes = Buffer.from(
    JSON.stringify(body ?? { model: 'gpt-4', messages: [{ role: 'user', content: 'Hello!' }] }),
  );
  return {
    id: `01a20a92-3846-7745-9e67-${String(count).padStart(12, '0')}`,
    callId: `call-${count}`,
    type: 'acompletion',
    route: '/v1/chat/completions',
    upstreamPath: '/chat/completions',
    caller: aCaller(),
    model: 'gpt-4',
    body: parseJsonBody(bytes),
    ownFields: new Set(),
    bodyBytes: bytes.length,
    stream: false,
    wantsUsage: false,
    timeoutMs: null,
    endUser: null,
    tags: [],
    clientAddress: '127.0.0.1',
    startedAt: new Date(),
    startedAtMs: performance.now(),
    signal: new AbortController().signal,
    ...others,
  };
}

export function aDeployment(changes: Partial<Deployment> = {}): Deployment {
  return {
    id: 'deployment-1',
    modelGroup: 'gpt-4',
    provider: 'openai',
    upstreamModel: 'qwen3-30b-a3b',
    origin: 'http://127.0.0.1:9',
    basePath: '/v1',
    apiKey: null,
    extraHeaders: {},
    timeouts: { connectMs: 5_000, firstByteMs: 600_000, idleMs: 120_000, totalMs: 6_000_000 },
    price: {
      ...NO_PRICE,
      inputPerTokenPicoUsd: 1_500_000n,
      outputPerTokenPicoUsd: 2_000_000n,
      version: 'test',
    },
    defaults: {},
    maxInputTokens: null,
    maxOutputTokens: null,
    supportsFunctionCalling: true,
    ...changes,
  };
}

export function anOutcome(changes: Partial<Outcome> = {}): Outcome {
  return {
    call: aCall(),
    status: 200,
    errorType: null,
    errorMessage: null,
    deployment: aDeployment(),
    attempts: [],
    responseId: 'chatcmpl-1',
    answer: null,
    usage: { ...NO_USAGE, promptTokens: 9, completionTokens: 12 },
    costPicoUsd: 37_500_000n,
    durationMs: 10,
    timeToFirstTokenMs: 5,
    overheadMs: 1,
    ...changes,
  };
}

/** A rule that limits nothing but what `changes` says. */
export function aRule(changes: Partial<LimitRule> = {}): LimitRule {
  return {
    scope: 'key:a',
    model: null,
    maxBudgetPicoUsd: null,
    softBudgetPicoUsd: null,
    budgetDuration: null,
    budgetStartsAtMs: 0,
    requestsPerMinute: null,
    tokensPerMinute: null,
    maxParallelRequests: null,
    ...changes,
  };
}
