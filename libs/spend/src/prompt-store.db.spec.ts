import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type AnswerContent, type JsonObject, type Outcome } from '@app/call';
import { ReportDatabase } from '@app/database';
import { aCall, aCaller, anOutcome } from '@testing/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { PromptStore } from './prompt-store.js';
import { SpendConnection } from './spend-connection.js';
import { StoredPrompts } from './stored-prompts.js';

let database: TestDatabase;
let reports: ReportDatabase;
const policy = { isOn: true, redacts: false };

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await aTestDatabase();
  reports = new ReportDatabase({ url: database.url, migrations: [] });
});
afterEach(async () => {
  Object.assign(policy, { isOn: true, redacts: false });
  await database.query('DELETE FROM spend_prompts');
});
afterAll(async () => {
  await reports.onApplicationShutdown();
  await database.drop();
});

const asked = (text: string): { body: JsonObject } => ({
  body: { model: 'gpt-4', messages: [{ role: 'user', content: text }] },
});

const answer: AnswerContent = {
  length: 5,
  choices: () => [{ index: 0, message: { role: 'assistant', content: 'Four.' } }],
};

/** Hands over outcomes and waits until all are written or dropped. */
async function stored(outcomes: readonly Outcome[], url = database.url): Promise<PromptStore> {
  const store = new PromptStore(new SpendConnection(url), () => policy);
  for (const outcome of outcomes) store.accept(outcome);
  await store.beforeApplicationShutdown();
  return store;
}

const texts = async (): Promise<string> =>
  JSON.stringify(await database.query('SELECT request, response FROM spend_prompts ORDER BY started_at'));

test('what was asked and answered is kept, and read by the row it belongs to', async () => {
  const call = aCall({ ...asked('What is 2 + 2? \u0000 \ud800'), startedAt: new Date() });
  await stored([anOutcome({ call, answer })]);
  const found = await new StoredPrompts(reports).of([{ id: call.id, started_at: call.startedAt }]);
  expect(found.get(call.id)).toEqual({
    request: { messages: [{ role: 'user', content: 'What is 2 + 2? \u0000 \ud800' }] },
    response: { role: 'assistant', content: 'Four.' },
  });
});

test('nothing is kept while it is off, and no words are collected for it', async () => {
  policy.isOn = false;
  const store = await stored([anOutcome({ call: aCall(asked('secret')), answer })]);
  expect(await texts()).toBe('[]');
  expect(store.wantsAnswer(aCall())).toBe(false);
  expect(store.counts.accepted).toBe(0);
});

test('what a key, a request or the configuration keeps to itself is not stored', async () => {
  const silent = aCall({ ...asked('a'), caller: aCaller({ metadata: { turn_off_message_logging: true } }) });
  const asking = aCall({ ...asked('b'), traceHints: { 'litellm-enable-message-redaction': 'true' } });
  const unlogged = aCall({ body: { model: 'x', messages: [], 'no-log': true } });
  const store = await stored([silent, asking, unlogged].map((call) => anOutcome({ call, answer })));
  expect([silent, asking].map((call) => store.wantsAnswer(call))).toEqual([false, false]);
  policy.redacts = true;
  await stored([anOutcome({ call: aCall(asked('c')), answer })]);
  expect(await texts()).toBe('[]');
});

test('images, sounds and vectors are never kept, and long texts are cut', async () => {
  const image = `data:image/png;base64,${'QUJD'.repeat(2_000)}`;
  const vectors = aCall({ type: 'aembedding', body: { model: 'e', input: 'words' } });
  await stored([
    anOutcome({ call: aCall(asked(`see ${image}`)), answer }),
    anOutcome({ call: vectors, answer: null }),
    anOutcome({ call: aCall(asked('long '.repeat(400_000))), answer }),
  ]);
  const kept = await texts();
  expect(kept).not.toContain('QUJDQUJD');
  expect(kept).toContain('image/png');
  expect(kept.length).toBeLessThan(200_000);
});

test('a flood is dropped and counted, not held', async () => {
  const outcome = anOutcome({ call: aCall(asked('again')), answer });
  const store = await stored(Array.from({ length: 2_500 }, () => outcome));
  expect(store.counts).toMatchObject({ accepted: 2_500, full: 500, delivered: 2_000 });
});

test('without a database they are dropped and counted', async () => {
  const away = Object.assign(new URL(database.url), { port: '9' }).href;
  const store = await stored([anOutcome({ call: aCall(asked('x')), answer })], away);
  expect(store.counts).toMatchObject({ accepted: 1, refused: 1, delivered: 0 });
});
