import { expect } from '@jest/globals';
import { type Answer, chunksOf, type Gateway, textOf } from '../harness.ts';
import { type StandIn } from '../harness/sandbox.ts';
import { type FixtureUsage, type ProviderFixture } from './fixtures.ts';

/** What the gateway is asked in front of every fixture. */
const ASKED = { messages: [{ role: 'user', content: 'Say hi' }], temperature: 0.2, max_tokens: 64 };

interface Stage {
  gateway(): Gateway;
  /** Plays what the provider answers. */
  hosted(): StandIn;
  key(): string;
}

/** Plays a fixture through the gateway: what arrives there, what comes back, and what is charged. */
export class FixturePlayer {
  constructor(
    private readonly fixture: ProviderFixture,
    private readonly stage: Stage,
  ) {}

  async answersWhole(): Promise<void> {
    const { provider, whole } = this.fixture;
    await this.#next(200, whole.body, { 'content-type': 'application/json; charset=utf-8' });
    const answer = await this.#ask();
    expect([answer.status, answer.json?.choices?.[0]?.message?.content]).toEqual([200, whole.text]);
    expect(answer.json).toMatchObject({ model: provider, object: 'chat.completion' });
    await this.#expectArrived({});
    await this.#expectRow(answer, whole.usage);
  }

  async answersStreamed(): Promise<void> {
    const { stream, sentBody, asksUsage = sentBody === undefined } = this.fixture;
    await this.#next(200, `${stream.events.join('\n\n')}\n\n`, { 'content-type': 'text/event-stream' });
    const answer = await this.#ask({ stream: true });
    expect([answer.status, textOf(chunksOf(answer.text))]).toEqual([200, stream.text]);
    expect(answer.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
    await this.#expectArrived({
      stream: true,
      ...(asksUsage ? { stream_options: { include_usage: true } } : {}),
    });
    await this.#expectRow(answer, stream.usage);
  }

  async refuses(): Promise<void> {
    const { status, body, headers = {}, shown } = this.fixture.error;
    await this.#next(status, body, headers);
    const answer = await this.#ask();
    expect(answer.status).toBe(shown.status);
    expect(answer.json?.error?.message).toContain(shown.message);
    if (shown.type !== undefined) expect(answer.json?.error?.type).toBe(shown.type);
    if (shown.code !== undefined) expect(answer.json?.error?.code).toBe(shown.code);
    expect(answer.headers['retry-after']).toBe(headers['retry-after']);
  }

  #next(status: number, body: unknown, headers: object): Promise<unknown> {
    return this.stage.hosted().next({ status, body, headers });
  }

  #ask(more: object = {}): Promise<Answer> {
    const body = { model: this.fixture.provider, ...ASKED, ...more };
    return this.stage.gateway().http.ask('/v1/chat/completions', { key: this.stage.key(), body });
  }

  async #expectArrived(more: object): Promise<void> {
    const { path, sentBody, sentHeaders } = this.fixture;
    const { url, headers, body } = await this.stage.hosted().lastRequest();
    expect(url).toBe(path);
    expect(headers).toMatchObject({ 'content-type': 'application/json', ...sentHeaders });
    expect(JSON.parse(body)).toEqual({ ...(sentBody ?? { model: 'some-model', ...ASKED }), ...more });
  }

  async #expectRow(answer: Answer, usage: FixtureUsage): Promise<void> {
    const row = await this.stage.gateway().row(answer.headers['x-litellm-call-id'] ?? '');
    expect(row).toMatchObject({
      prompt_tokens: usage.prompt,
      completion_tokens: usage.completion,
      custom_llm_provider: this.fixture.provider,
      metadata: { usage_estimated: false, usage_object: detailsOf(usage) },
    });
    // Every model here costs 1 and 2 USD for a million tokens, what is cached like the rest.
    expect(Number(row.spend)).toBeCloseTo(usage.prompt * 1e-6 + usage.completion * 2e-6, 12);
  }
}

function detailsOf({ cached = 0, reasoning = 0, written, writtenForAnHour }: FixtureUsage): object {
  const forAnHour = { ephemeral_1h_input_tokens: writtenForAnHour };
  return {
    prompt_tokens_details: {
      cached_tokens: cached,
      ...(written === undefined ? {} : { cache_creation_tokens: written }),
      ...(writtenForAnHour === undefined ? {} : { cache_creation_token_details: forAnHour }),
    },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}
