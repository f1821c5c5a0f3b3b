import { describe, expect, test } from '@jest/globals';
import { type Outcome } from '@app/call';
import { aCall, aDeployment, anOutcome } from '@testing/call';
import { genAiSpans } from './gen-ai-spans.js';

const attempt = { deploymentId: 'deployment-1', status: 200, startedAtMs: 2, durationMs: 5, error: null };
const failed = {
  ...attempt,
  deploymentId: 'deployment-0',
  status: 502,
  error: 'It broke over: secret prompt',
};
const spansOf = (changes: Partial<Outcome> = {}) =>
  genAiSpans(anOutcome({ call: aCall({ startedAtMs: 0 }), attempts: [attempt], ...changes }));

describe('the spans of a call', () => {
  test('are the request and below it the call of the model', () => {
    const [root, call] = spansOf();
    expect([root?.kind, root?.name, root?.parentId]).toEqual(['server', 'POST /v1/chat/completions', null]);
    expect([call?.kind, call?.name, call?.parentId]).toEqual(['client', 'chat qwen3-30b-a3b', root?.spanId]);
    expect(call?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'qwen3-30b-a3b',
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.usage.input_tokens': 9,
      'gen_ai.usage.output_tokens': 12,
      'server.address': '127.0.0.1',
      'server.port': 9,
    });
  });

  test('of a search within an answer is no request, but a tool that was called below it', () => {
    const whole = aCall({});
    const call = aCall({ partOf: whole.id, type: 'asearch', model: 'searxng/search', body: {} });
    const [root] = spansOf({ call, attempts: [], deployment: null });
    const [above] = spansOf({ call: whole });
    expect([root?.kind, root?.name]).toEqual(['internal', 'execute_tool searxng/search']);
    expect([root?.traceId, root?.parentId]).toEqual([above?.traceId, above?.spanId]);
    expect(root?.attributes).not.toHaveProperty('http.route');
    expect(root?.attributes).toMatchObject({ 'gen_ai.operation.name': 'execute_tool' });
  });

  test('continue the trace of the client', () => {
    const traceHints = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    const [root] = spansOf({ call: aCall({ traceHints }) });
    expect([root?.traceId, root?.parentId]).toEqual(['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']);
  });

  test('every try has its own, with ids that are no one else’s', () => {
    const spans = spansOf({ attempts: [failed, attempt], deployment: aDeployment() });
    expect(spans.map(({ error }) => error)).toEqual([null, 'status 502', null]);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(3);
  });

  test('tell no words: neither prompt, answer nor error', () => {
    const body = { model: 'gpt-4', messages: [{ role: 'user', content: 'secret prompt' }], temperature: 1 };
    const answer = { length: 1, choices: () => [{ message: { content: 'secret answer' } }] };
    const outcome = {
      call: aCall({ body }),
      answer,
      attempts: [failed],
      status: 502,
      errorMessage: 'secret prompt',
    };
    const text = JSON.stringify(spansOf(outcome));
    expect(text).not.toContain('secret');
    expect(text).toContain('"gen_ai.request.temperature":1');
  });

  test('a refusal of ours is no failed server, its type is told', () => {
    const [root] = spansOf({ attempts: [], deployment: null, status: 429, errorType: 'budget_exceeded' });
    expect([root?.error, root?.attributes['error.type']]).toEqual([null, 'budget_exceeded']);
  });
});
