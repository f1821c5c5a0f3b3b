import Anthropic from '@anthropic-ai/sdk';
import { ChatOpenAI } from '@langchain/openai';
import OpenAI from 'openai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configText, deployment, type Gateway, pause } from '../harness.ts';
import { type Field, type Measured, type Row } from './row.ts';

/** A large model takes minutes from the disk. */
const LOAD_MS = { short: 6_500, long: 120_000 };
const RELOAD_EVERY_MS = 1_000;
const COLD = 'qwen3-30b-a3b';
const BROKEN = 'gemma3-27b';
const SAID = 'one two three';
const PROMPT = `echo:${SAID}`;

const CONFIG = {
  models: [
    deployment('cold', COLD),
    // Its start fails once it has taken its time: then the other has to be loaded.
    deployment('backed', BROKEN),
    deployment('spare', 'qwen2.5-14b-instruct'),
  ],
  router: { num_retries: 2, fallbacks: [{ backed: ['spare'] }] },
};

type Ask = (model: string) => Promise<string>;

/** What each client says to its users; none of them tries again by itself. */
function clientsOf(gateway: Gateway, apiKey: string): Readonly<Record<string, Ask>> {
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: gateway.url, apiKey, maxRetries: 0 });
  const langchain = (model: string): ChatOpenAI =>
    new ChatOpenAI({ model, apiKey, maxRetries: 0, configuration: { baseURL: `${gateway.url}/v1` } });
  const messages = [{ role: 'user' as const, content: PROMPT }];
  return {
    'openai whole': async (model) =>
      (await openai.chat.completions.create({ model, messages })).choices[0]?.message.content ?? '',
    'openai streamed': async (model) => {
      let text = '';
      for await (const { choices } of await openai.chat.completions.create({ model, messages, stream: true }))
        text += choices[0]?.delta.content ?? '';
      return text;
    },
    'anthropic whole': async (model) =>
      textOf((await anthropic.messages.create({ model, messages, max_tokens: 50 })).content),
    'anthropic streamed': async (model) =>
      textOf((await anthropic.messages.stream({ model, messages, max_tokens: 50 }).finalMessage()).content),
    'langchain whole': async (model) => (await langchain(model).invoke(PROMPT)).text,
    'langchain streamed': async (model) => {
      let text = '';
      for await (const chunk of await langchain(model).stream(PROMPT)) text += chunk.text;
      return text;
    },
  };
}

const textOf = (content: readonly Anthropic.ContentBlock[]): string =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');

interface Heard {
  readonly errors: string[];
  readonly leastMs: number;
  readonly mostMs: number;
}

/** Every client asks for `model` at the same moment. */
async function ask(model: string, clients: Readonly<Record<string, Ask>>): Promise<Heard> {
  const errors: string[] = [];
  const times = await Promise.all(
    Object.entries(clients).map(async ([name, client]) => {
      const startedAt = performance.now();
      const text = await client(model).catch((error: unknown) => `error: ${String(error)}`);
      if (text !== SAID) errors.push(`${name} of ${model}: ${text.slice(0, 200)}`);
      return performance.now() - startedAt;
    }),
  );
  return { errors, leastMs: Math.min(...times), mostMs: Math.max(...times) };
}

/** Changes the configuration again and again; gives what ends it: the number of changes. */
function reloading(gateway: Gateway): () => Promise<number> {
  let goesOn = true;
  const isOver = (): boolean => !goesOn;
  const changes = (async () => {
    let count = 0;
    while (!isOver()) {
      const models = [...CONFIG.models, deployment(`round-${count}`, COLD)];
      writeFileSync(join(gateway.folder, 'config.yaml'), configText({ ...CONFIG, models }));
      process.kill(gateway.pid, 'SIGHUP');
      await pause(RELOAD_EVERY_MS);
      count += 1;
    }
    return count;
  })();
  return () => {
    goesOn = false;
    return changes;
  };
}

async function coldClients(field: Field): Promise<Measured> {
  const loadMs = field.long ? LOAD_MS.long : LOAD_MS.short;
  const { llamaSwap } = field.sandbox;
  await llamaSwap.settings({ loadMs, failStart: [BROKEN] });
  const gateway = await field.gateway({ config: CONFIG });
  const clients = clientsOf(gateway, await gateway.key({}));
  const stop = reloading(gateway);
  const cold = await ask('cold', clients);
  const backed = await ask('backed', clients);
  const reloads = await stop();
  await llamaSwap.reset({ settings: true });
  const errors = [...cold.errors, ...backed.errors];
  const waited = cold.leastMs >= loadMs * 0.95 && backed.leastMs >= loadMs * 0.95;
  return {
    pass: errors.length === 0 && waited && reloads >= loadMs / (4 * RELOAD_EVERY_MS),
    measured: {
      answers: 2 * Object.keys(clients).length - errors.length,
      errors: errors.length,
      coldMs: Math.round(cold.mostMs),
      fallbackMs: Math.round(backed.mostMs),
      reloads,
      first: errors[0] ?? '',
    },
  };
}

export const COLD_CLIENTS: Row = {
  id: 'COLD',
  promise: 'Clients pass through cold starts, fallbacks and reloads without an error',
  bar: 'OpenAI, Anthropic and LangChain, streamed and not: 0 errors while a model loads for two minutes',
  run: coldClients,
};
