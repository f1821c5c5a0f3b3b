import { describe, expect, test } from '@jest/globals';
import { BadRequestError, PermissionError } from '@app/call';
import { aCall, aCaller } from '@testing/call';
import { aConfigStore, aModelEntry, anAppConfig } from '@testing/config';
import { RoutingService } from './routing.service.js';
import { aRoutingService, NO_LABELS, seededRandom } from './testing.js';

const wildcard = (modelName: string, model: string, id: string) =>
  aModelEntry({ modelName, model, modelInfo: { id } });

describe('finding the deployments of a model', () => {
  test('an exact name beats every pattern', () => {
    const routing = aRoutingService({
      models: [wildcard('*', 'openai/*', 'any'), wildcard('gpt-*', 'openai/*', 'gpts'), aModelEntry()],
    });
    expect(routing.plan(aCall({ model: 'gpt-4' }))[0]?.id).toBe('deployment-1');
  });

  test('the longest pattern that matches wins, wherever it stands in the list', () => {
    const routing = aRoutingService({
      models: [
        wildcard('*', 'openai/*', 'any'),
        wildcard('qwen*', 'openai/*', 'qwen'),
        wildcard('qwen3-*', 'openai/*', 'qwen3'),
      ],
    });
    const idOf = (model: string): string | undefined => routing.plan(aCall({ model }))[0]?.id;
    expect([idOf('qwen3-30b'), idOf('qwen2.5'), idOf('gemma')]).toEqual(['qwen3', 'qwen', 'any']);
  });

  test.each([
    ['*', 'openai/*', 'qwen3-30b-a3b', 'qwen3-30b-a3b'],
    ['openai/*', 'openai/*', 'openai/gpt-4o', 'gpt-4o'],
    ['*', 'openai/*', 'openai/gpt-4o', 'openai/gpt-4o'],
    ['local/*', 'openai/models--*', 'local/qwen', 'models--qwen'],
    ['*-*', 'openai/*/*', 'a-b-c', 'a-b/c'],
    ['cheap-*', 'openai/qwen2.5-14b', 'cheap-anything', 'qwen2.5-14b'],
    ['*/*', 'openai/*', 'openai/gpt-4o', 'gpt-4o'],
    ['openai/*', 'openai/*', 'gpt-4o', 'gpt-4o'],
  ])('%s to %s asks for %s as %s', (modelName, model, requested, upstreamModel) => {
    const routing = aRoutingService({ models: [wildcard(modelName, model, 'any')] });
    const [deployment] = routing.plan(aCall({ model: requested }));
    expect(deployment).toMatchObject({ modelGroup: modelName, upstreamModel });
  });

  test('a pattern that leaves nothing to ask for matches nothing', () => {
    const routing = aRoutingService({ models: [wildcard('openai/*', 'openai/*', 'any')] });
    expect(() => routing.plan(aCall({ model: 'openai/' }))).toThrow(BadRequestError);
  });

  test('an alias of the key leads to an alias of the router leads to a group', () => {
    const routing = aRoutingService({
      router: { modelGroupAlias: { chat: { model: 'gpt-4', hidden: false } } },
    });
    const caller = aCaller({ aliases: { mine: 'chat' } });
    expect(routing.plan(aCall({ model: 'mine', caller }))[0]?.modelGroup).toBe('gpt-4');
  });

  test('names of object members are no aliases', () => {
    const routing = aRoutingService();
    for (const model of ['__proto__', 'constructor', 'toString']) {
      expect(() => routing.plan(aCall({ model }))).toThrow(BadRequestError);
    }
  });

  test('without patterns an unknown model is refused in the words that clients know', () => {
    expect(() => aRoutingService().plan(aCall({ model: 'gpt-9' }))).toThrow(
      expect.objectContaining({
        status: 400,
        param: 'model',
        message:
          '/chat/completions: Invalid model name passed in model=gpt-9. Call `/v1/models` to view available models for your key.',
      }),
    );
  });

  test('with patterns that do not match, the words are others', () => {
    const routing = aRoutingService({ models: [wildcard('qwen*', 'openai/*', 'qwen')] });
    expect(() => routing.plan(aCall({ model: 'gpt-9' }))).toThrow(
      "litellm.BadRequestError: You passed in model=gpt-9. There is no 'model_name' with this string",
    );
  });

  test('a megabyte of a name is not echoed', () => {
    try {
      aRoutingService().plan(aCall({ model: 'x'.repeat(1_000_000) }));
      throw new Error('planned');
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(500);
    }
  });
});

describe('what a key may use', () => {
  const plan = (models: string[], model: string) => () =>
    aRoutingService({
      router: { modelGroupAlias: { chat: { model: 'gpt-4', hidden: false } } },
    }).plan(aCall({ model, caller: aCaller({ models }) }));

  test('a model that is not on its list is refused with 403 before anybody asks whether it exists', () => {
    for (const model of ['gpt-4', 'no-such-model']) {
      expect(plan(['tts-1', 'whisper-*'], model)).toThrow(
        expect.objectContaining({
          status: 403,
          type: 'key_model_access_denied',
          param: 'model',
          message: `key not allowed to access model. This key can only access models=['tts-1', 'whisper-*']. Tried to access ${model}`,
        }),
      );
    }
  });

  test('an alias opens by its own name or by the name it stands for', () => {
    expect(plan(['chat'], 'chat')).not.toThrow();
    expect(plan(['gpt-4'], 'chat')).not.toThrow();
  });

  test('an alias on the list does not open its target to be called directly', () => {
    expect(plan(['chat'], 'gpt-4')).toThrow(PermissionError);
  });

  test('a target of an alias of the key opens the alias', () => {
    const caller = aCaller({ models: ['gpt-4'], aliases: { mine: 'gpt-4' } });
    expect(aRoutingService().plan(aCall({ model: 'mine', caller }))).toHaveLength(1);
  });
});

describe('what the lists around a key allow', () => {
  const plan = (changes: Parameters<typeof aCaller>[0], model = 'gpt-4') =>
    aRoutingService().plan(aCall({ model, caller: aCaller(changes) }));

  test('a model has to be allowed by every list', () => {
    expect(() => plan({ outerModels: [['gpt-4'], []] })).not.toThrow();
    expect(() => plan({ models: ['gpt-4'], teamId: 't', outerModels: [['gpt-4'], ['tts-1']] })).toThrow(
      expect.objectContaining({
        status: 403,
        type: 'team_model_access_denied',
        message:
          "team not allowed to access model. This team can only access models=['tts-1']. Tried to access gpt-4",
      }),
    );
    expect(() => plan({ outerModels: [['tts-1']] })).toThrow(
      expect.objectContaining({ type: 'user_model_access_denied' }),
    );
  });

  test('`all-team-models` opens what the team may use, and nothing without a team', () => {
    const models = ['all-team-models'];
    expect(() => plan({ models, teamId: 't', outerModels: [['gpt-4']] })).not.toThrow();
    expect(() => plan({ models, teamId: 't', outerModels: [['tts-1']] })).toThrow(PermissionError);
    expect(() => plan({ models })).toThrow(PermissionError);
  });
});

describe('sharing among deployments', () => {
  const three = ['a', 'b', 'c'];

  test('each deployment of a group is planned once', () => {
    const models = three.map((id) => aModelEntry({ modelInfo: { id } }));
    const routing = aRoutingService({ models }, seededRandom(3));
    for (let round = 0; round < 50; round++) {
      expect(
        routing
          .plan(aCall())
          .map(({ id }) => id)
          .sort(),
      ).toEqual(three);
    }
  });

  test('requests are shared by weight', () => {
    const models = three.map((id, index) =>
      aModelEntry({ weight: [7, 2, 1][index] ?? 0, modelInfo: { id } }),
    );
    const routing = aRoutingService({ models }, seededRandom(4));
    const first = new Map<string, number>();
    const call = aCall();
    for (let round = 0; round < 20_000; round++) {
      const id = routing.plan(call)[0]?.id ?? '';
      first.set(id, (first.get(id) ?? 0) + 1);
    }
    expect(first.get('a')).toBeCloseTo(14_000, -3);
    expect(first.get('b')).toBeCloseTo(4_000, -3);
    expect(first.get('c')).toBeCloseTo(2_000, -3);
  });

  test('what the first deployment defines decides whether weight, rpm or tpm counts', () => {
    const models = [
      aModelEntry({ rpm: 0, tpm: 100, modelInfo: { id: 'a' } }),
      aModelEntry({ rpm: 10, weight: 0, modelInfo: { id: 'b' } }),
    ];
    const routing = aRoutingService({ models }, seededRandom(5));
    for (let round = 0; round < 100; round++) expect(routing.plan(aCall())[0]?.id).toBe('b');
  });
});

describe('when something changes', () => {
  test('a new configuration is in effect with the next call, and the old table stays as it was', () => {
    const store = aConfigStore();
    const routing = new RoutingService(store, NO_LABELS, Math.random);
    const before = routing.table;
    store.replace(anAppConfig({ models: [aModelEntry({ modelName: 'new' })] }));
    expect(routing.plan(aCall({ model: 'new' }))).toHaveLength(1);
    expect(() => routing.plan(aCall({ model: 'gpt-4' }))).toThrow(BadRequestError);
    expect([...before.groups.keys()]).toEqual(['gpt-4']);
  });

  test('names resolved by a pattern are not remembered beyond the table that resolved them', () => {
    const store = aConfigStore({ models: [wildcard('*', 'openai/*', 'old')] });
    const routing = new RoutingService(store, NO_LABELS, Math.random);
    expect(routing.plan(aCall({ model: 'x' }))[0]?.id).toBe('old');
    store.replace(anAppConfig({ models: [wildcard('*', 'openai/*', 'new')] }));
    expect(routing.plan(aCall({ model: 'x' }))[0]?.id).toBe('new');
  });

  test('what upstreams say of a model decides on function calling where the configuration is silent', () => {
    const routing = aRoutingService({ models: [wildcard('*', 'openai/*', 'any'), aModelEntry()] });
    const model = (id: string, ...capabilities: string[]) =>
      [
        id,
        { id, capabilities: new Set(capabilities), contextLength: 32_000, meta: null, status: null },
      ] as const;
    routing.discovered(
      new Map([
        [
          'http://127.0.0.1:1/v1',
          new Map([model('seer', 'vision'), model('qwen3-30b-a3b', 'function_calling')]),
        ],
      ]),
    );
    const plan = (name: string) => routing.plan(aCall({ model: name }))[0];
    expect(plan('seer')).toMatchObject({ supportsFunctionCalling: false, maxInputTokens: 32_000 });
    expect(plan('gpt-4')).toMatchObject({ supportsFunctionCalling: true, maxInputTokens: 32_000 });
    expect(plan('never-listed')).toMatchObject({ supportsFunctionCalling: true, maxInputTokens: null });
  });
});
describe('what a call may fall back to', () => {
  const models = ['gpt-4', 'small', 'long', 'other'].map((modelName) =>
    aModelEntry({ modelName, modelInfo: { id: modelName } }),
  );
  const router = {
    fallbacks: { 'gpt-4': ['small', 'gone', 'gpt-4'] },
    contextWindowFallbacks: { 'gpt-4': ['long'] },
    modelGroupAlias: { chat: { model: 'gpt-4', hidden: false } },
  };
  const plan = (changes: Parameters<typeof aCall>[0] = {}, settings = {}) =>
    aRoutingService({ models, router: { ...router, ...settings } }).plan(aCall(changes));
  const wishing = (fallbacks: string[]) => ({
    wishes: {
      fallbacks,
      contextWindowFallbacks: null,
      numRetries: null,
      streamTimeoutMs: null,
      session: null,
    },
  });
  const namesOf = (routes: readonly { name: string }[]): string[] => routes.map(({ name }) => name);

  test('are the groups that exist, without the one that was asked for', () => {
    const { fallbacks } = plan({ model: 'chat' });
    expect([
      namesOf(fallbacks.general),
      namesOf(fallbacks.contextWindow),
      namesOf(fallbacks.contentPolicy),
    ]).toEqual([['small'], ['long'], ['small']]);
  });

  test('are planned, so that money is put aside for the dearest of them', () => {
    expect(new Set(plan().map(({ id }) => id))).toEqual(new Set(['gpt-4', 'small', 'long']));
  });

  test('are those that the client names, if its key may use them', () => {
    expect(namesOf(plan(wishing(['other'])).fallbacks.general)).toEqual(['other']);
    const caller = aCaller({ models: ['gpt-4'] });
    expect(() => plan({ ...wishing(['other']), caller })).toThrow(PermissionError);
    expect(namesOf(plan({ caller }).fallbacks.general)).toEqual(['small']);
  });

  test('are not more than are allowed', () => {
    expect(namesOf(plan(wishing(['small', 'long', 'other']), { maxFallbacks: 2 }).fallbacks.general)).toEqual(
      ['small', 'long'],
    );
  });

  test('stand in for a model that nobody knows', () => {
    expect(plan({ model: 'unknown' }, { defaultFallbacks: ['other'] }).route.name).toBe('other');
    expect(() => plan({ model: 'unknown' })).toThrow(BadRequestError);
  });
});
