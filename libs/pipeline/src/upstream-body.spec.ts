import { expect, test } from '@jest/globals';
import { aCall, aDeployment } from '@testing/call';
import { upstreamBody } from './upstream-body.js';

const MESSAGES = [{ role: 'user', content: 'Hi' }];
const sent = (call: Parameters<typeof aCall>[0], deployment: Parameters<typeof aDeployment>[0] = {}) =>
  JSON.parse(Buffer.concat(upstreamBody(aCall(call), aDeployment(deployment))).toString()) as unknown;

test('the upstream gets its own model name and the rest as the client sent it', () => {
  const body = { model: 'gpt-4', messages: MESSAGES, top_k: 3 };
  expect(sent({ body })).toEqual({ ...body, model: 'qwen3-30b-a3b' });
});

test('a model named in the path is put into the body', () => {
  expect(sent({ body: { messages: MESSAGES } })).toEqual({ messages: MESSAGES, model: 'qwen3-30b-a3b' });
});

test('defaults of the deployment fill in what the client left out, and nothing else', () => {
  const body = { model: 'gpt-4', messages: MESSAGES, temperature: 0 };
  expect(sent({ body }, { defaults: { temperature: 1, top_p: 0.5 } })).toMatchObject({
    temperature: 0,
    top_p: 0.5,
  });
});

test.each([
  ['max_tokens', 'max_completion_tokens'],
  ['max_completion_tokens', 'max_tokens'],
])('a default %s does not stand beside the %s of a client', (name, said) => {
  const body = { model: 'gpt-4', messages: MESSAGES, [said]: 7 };
  expect(sent({ body }, { defaults: { [name]: 100 } })).toEqual({ ...body, model: 'qwen3-30b-a3b' });
  expect(sent({ body: { ...body, [said]: null } }, { defaults: { [name]: 100 } })).toMatchObject({
    [name]: 100,
  });
});

test('fields for the gateway stay here', () => {
  const body = { model: 'gpt-4', metadata: { tags: ['a'] }, messages: MESSAGES, num_retries: 2 };
  const ownFields = new Set(['metadata', 'num_retries']);
  expect(sent({ body, ownFields })).toEqual({ model: 'qwen3-30b-a3b', messages: MESSAGES });
});

test('a stream is asked for its usage, whatever other options it has', () => {
  const body = {
    model: 'gpt-4',
    messages: MESSAGES,
    stream: true,
    stream_options: { x: 1, include_usage: false },
  };
  expect(sent({ body, stream: true })).toMatchObject({ stream_options: { x: 1, include_usage: true } });
  expect(sent({ body: { ...body, stream_options: null }, stream: true })).toMatchObject({
    stream_options: { include_usage: true },
  });
});

test('a usage that is shown by the configuration is asked for, but only in the protocol that can be asked', () => {
  const body = { model: 'gpt-4', messages: MESSAGES, stream: true };
  const shown = { body, stream: true, wantsUsage: true };
  expect(sent(shown)).toMatchObject({ stream_options: { include_usage: true } });
  expect(sent({ ...shown, upstreamPath: '/messages' })).not.toHaveProperty('stream_options');
});
