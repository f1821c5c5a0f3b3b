import { describe, expect, test } from '@jest/globals';
import { type AnswerContent, type Call, type JsonObject, type Outcome } from '@app/call';
import { aCall, aCaller, aDeployment, anOutcome } from '@testing/call';
import { describeTrace } from './describe-trace.js';
import { type TraceDescription } from './trace-description.js';
import { type TracePolicy } from './trace-policy.js';

const POLICY: TracePolicy = {
  defaultTags: [],
  release: null,
  redacts: false,
  sendsSuccesses: true,
  sendsFailures: true,
};
const MESSAGES = [{ role: 'user', content: 'How old is the moon?' }];
const answering = (content: string): AnswerContent => ({
  length: content.length,
  choices: () => [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
});

interface Told {
  readonly body?: JsonObject;
  readonly call?: Partial<Omit<Call, 'body'>>;
  readonly outcome?: Partial<Outcome>;
  readonly policy?: Partial<TracePolicy>;
}

function told({ body, call, outcome, policy }: Told = {}): TraceDescription {
  const asked = aCall({ body: { model: 'gpt-4', messages: MESSAGES, ...body }, ...call });
  const ended = anOutcome({ call: asked, answer: answering('Old.'), ...outcome });
  return describeTrace(ended, { ...POLICY, ...policy });
}

describe('the names of a trace', () => {
  test('are the call type where nobody says otherwise', () => {
    const trace = told();
    expect([trace.name, trace.generation.name]).toEqual(['litellm-acompletion', 'litellm-acompletion']);
  });

  test('a key with an alias names its generations', () => {
    expect(told({ call: { caller: aCaller({ keyAlias: 'bot' }) } }).generation.name).toBe('litellm:bot');
  });

  test('metadata names trace, generation, session and user', () => {
    const metadata = {
      trace_id: 't-1',
      trace_name: 'chat',
      generation_name: 'answer',
      generation_id: 'g-1',
      session_id: 's-1',
      trace_user_id: 'u-1',
      trace_version: '2',
      trace_release: 'r-1',
    };
    expect(told({ body: { metadata } })).toMatchObject({
      traceId: 't-1',
      name: 'chat',
      sessionId: 's-1',
      userId: 'u-1',
      version: '2',
      release: 'r-1',
      generation: { name: 'answer', id: 'g-1' },
    });
  });

  test('a header of Langfuse wins over metadata', () => {
    const body = { metadata: { trace_id: 'body', trace_name: 'body' } };
    const trace = told({ body, call: { traceHints: { langfuse_trace_id: 'header' } } });
    expect([trace.traceId, trace.name]).toEqual(['header', 'body']);
  });

  test('a header may hold JSON', () => {
    const traceHints = { langfuse_trace_metadata: '{"shop":7}' };
    expect(told({ call: { traceHints } }).metadata).toEqual({ shop: 7 });
  });

  test('the end user is the user, else the owner of the key', () => {
    const caller = aCaller({ userId: 'owner' });
    expect(told({ call: { caller, endUser: 'customer' } }).userId).toBe('customer');
    expect(told({ call: { caller } }).userId).toBe('owner');
  });

  test('tags are those of the request, then the facts that the configuration wants', () => {
    const caller = aCaller({ keyAlias: 'bot' });
    const policy = { defaultTags: ['user_api_key_alias', 'cache_hit', 'user_api_key_team_id', 'unknown'] };
    expect(told({ call: { caller, tags: ['a'] }, policy }).tags).toEqual([
      'a',
      'user_api_key_alias:bot',
      'cache_hit:False',
    ]);
  });

  test('a trace that exists already changes only where the request says', () => {
    const metadata = { existing_trace_id: 't-9', update_trace_keys: ['output'] };
    const trace = told({ body: { metadata } });
    expect(trace.traceId).toBe('t-9');
    expect([...(trace.updates ?? [])]).toEqual(['output']);
  });
});

describe('what a trace shows', () => {
  test('is messages and tools, and the message of the answer', () => {
    const trace = told({ body: { tools: [{ type: 'function' }] } });
    expect(trace.input).toEqual({ messages: MESSAGES, tools: [{ type: 'function' }] });
    expect(trace.output).toEqual({ role: 'assistant', content: 'Old.' });
  });

  test('parameters are flat: what is nested becomes text', () => {
    const body = { temperature: 0.5, stream: true, response_format: { type: 'json_object' } };
    expect(told({ body }).generation.parameters).toEqual({
      temperature: 0.5,
      stream: 'true',
      response_format: '{"type":"json_object"}',
    });
  });

  test('usage is counted with the cached part beside the rest, the cost in dollars', () => {
    const usage = { ...anOutcome().usage, promptTokens: 10, cachedTokens: 4, completionTokens: 5 };
    const { generation } = told({ outcome: { usage, costPicoUsd: 1_500_000n } });
    expect(generation.usage).toEqual({ input: 6, cached: 4, output: 5, total: 15 });
    expect(generation.costUsd).toBe(0.0000015);
  });

  test('an image is told by its size', () => {
    const url = `data:image/png;base64,${'QUJD'.repeat(5_000)}`;
    const messages = [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }];
    const text = JSON.stringify(told({ body: { messages } }).input);
    expect(text).toContain('[image/png, 20022 characters]');
    expect(text).not.toContain('QUJDQUJD');
  });

  test('a prompt of megabytes is cut', () => {
    const messages = Array.from({ length: 100 }, () => ({ role: 'user', content: 'word '.repeat(20_000) }));
    expect(JSON.stringify(told({ body: { messages } }).input).length).toBeLessThan(300_000);
  });

  test('metadata of the request is shown without what looks like a secret', () => {
    const metadata = { shop: 7, my_api_key: 'x', headers: { a: 'b' }, trace_name: 'n' };
    const shown = told({ body: { metadata } }).generation.metadata;
    expect(shown).toMatchObject({ shop: 7, model_id: 'deployment-1' });
    for (const name of ['my_api_key', 'headers', 'trace_name']) expect(shown).not.toHaveProperty(name);
  });

  test('row, answer and trace name each other', () => {
    const trace = told({ call: { callId: 'c-7' }, outcome: { responseId: 'chatcmpl-7' } });
    expect(trace.generation.metadata).toMatchObject({ litellm_call_id: 'c-7', response_id: 'chatcmpl-7' });
  });

  test('embeddings show no vectors', () => {
    const trace = told({
      body: { input: 'text' },
      call: { type: 'aembedding' },
      outcome: { answer: null },
    });
    expect([trace.input, trace.output]).toEqual(['text', null]);
  });
});

describe('a failure', () => {
  const failed: Partial<Outcome> = { status: 502, errorType: 'upstream_error', errorMessage: 'It broke.' };

  test('is an error with its message', () => {
    const trace = told({ outcome: failed });
    expect([trace.error, trace.output]).toEqual(['It broke.', 'It broke.']);
  });

  test('tries before the last one are told apart: again, or elsewhere', () => {
    const attempt = { status: 502, startedAtMs: 0, durationMs: 5, error: 'gone' };
    const attempts = ['a', 'a', 'b'].map((deploymentId) => ({ ...attempt, deploymentId }));
    const trace = told({
      call: { startedAtMs: 0 },
      outcome: { attempts, deployment: aDeployment({ id: 'b' }) },
    });
    expect(trace.attempts.map(({ name, error }) => [name, error])).toEqual([
      ['retry', 'gone'],
      ['fallback', 'gone'],
    ]);
  });
});

describe('redaction', () => {
  const words = (trace: TraceDescription): unknown[] => [trace.input, trace.output];
  const HIDDEN = ['redacted-by-litellm', 'redacted-by-litellm'];

  test.each([
    ['by configuration', { policy: { redacts: true } }],
    ['by key', { call: { caller: aCaller({ metadata: { turn_off_message_logging: true } }) } }],
    ['by header', { call: { traceHints: { 'x-litellm-enable-message-redaction': 'true' } } }],
  ] satisfies [string, Told][])('%s hides prompt and answer', (_, given) => {
    expect(words(told(given))).toEqual(HIDDEN);
  });

  test('metadata hides one side alone', () => {
    expect(words(told({ body: { metadata: { mask_input: true } } }))).toEqual([
      'redacted-by-litellm',
      { role: 'assistant', content: 'Old.' },
    ]);
  });

  test('a header takes back what the configuration says', () => {
    const traceHints = { 'litellm-disable-message-redaction': 'true' };
    expect(words(told({ call: { traceHints }, policy: { redacts: true } }))).not.toEqual(HIDDEN);
  });

  test('no header takes back what the key says', () => {
    const caller = aCaller({ metadata: { turn_off_message_logging: true } });
    const traceHints = { 'litellm-disable-message-redaction': 'true' };
    expect(words(told({ call: { caller, traceHints } }))).toEqual(HIDDEN);
  });

  test('an error that repeats the prompt is hidden too', () => {
    const outcome = { status: 400, errorType: 'invalid_request_error', errorMessage: 'Bad prompt: moon' };
    expect(JSON.stringify(told({ outcome, policy: { redacts: true } }))).not.toContain('moon');
  });
});
