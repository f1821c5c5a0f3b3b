import { describe, expect, test } from '@jest/globals';
import { type ModelEntry } from '@app/config';
import { aModelEntry } from '@testing/config';
import { allows, compileRule } from './allowed-models.js';
import { type Catalogue } from './catalogue.js';
import { compileModels } from './compile-models.js';
import { GroupFinder } from './group-finder.js';
import { type ModelTable } from './model-table.js';
import { ROUTING_SETTINGS, seededRandom } from './testing.js';
import { visibleModels } from './visible-models.js';

const ADDRESS = 'http://127.0.0.1:1/v1';

const entry = (modelName: string, model = 'openai/*', changes: Partial<ModelEntry> = {}): ModelEntry =>
  aModelEntry({ modelName, model, modelInfo: { id: modelName }, ...changes });

function listingOf(...ids: string[]): Catalogue {
  const model = (id: string) => ({ id, capabilities: null, contextLength: null, meta: null, status: null });
  return new Map([[ADDRESS, new Map(ids.map((id) => [id, model(id)]))]]);
}

const namesOf = (table: ModelTable): string[] => [...table.listed.keys()];

describe('the models that are listed', () => {
  test('configured names in their order, then aliases, then what upstreams have, sorted', () => {
    const settings = { ...ROUTING_SETTINGS, modelGroupAlias: { chat: { model: 'gpt-4', hidden: false } } };
    const table = compileModels(
      [entry('*'), entry('tts-1', 'openai/tts-1'), entry('gpt-4', 'openai/qwen3')],
      settings,
      listingOf('qwen3', 'gemma3'),
    );
    expect(namesOf(table)).toEqual(['tts-1', 'gpt-4', 'chat', 'gemma3', 'qwen3']);
  });

  test('a pattern is no model', () => {
    expect(namesOf(compileModels([entry('*'), entry('openai/*')], ROUTING_SETTINGS))).toEqual([]);
  });

  test('a name stands once, though several deployments and an upstream have it', () => {
    const table = compileModels(
      [entry('gpt-4', 'openai/a'), entry('gpt-4', 'openai/b'), entry('*')],
      ROUTING_SETTINGS,
      listingOf('gpt-4'),
    );
    expect(namesOf(table)).toEqual(['gpt-4']);
  });

  test('hidden aliases and aliases of nothing are not listed', () => {
    const modelGroupAlias = {
      secret: { model: 'gpt-4', hidden: true },
      dangling: { model: 'no-such-model', hidden: false },
    };
    expect(
      namesOf(compileModels([entry('gpt-4', 'openai/a')], { ...ROUTING_SETTINGS, modelGroupAlias })),
    ).toEqual(['gpt-4']);
  });

  test.each([
    ['local/*', 'openai/*', ['qwen3'], ['local/qwen3']],
    ['local/*', 'openai/models--*', ['models--qwen3', 'other'], ['local/qwen3']],
    ['*', 'openai/qwen3', ['qwen3', 'gemma3'], []],
    ['*-*', 'openai/*', ['a-b'], []],
  ])('%s to %s over an upstream with %j lists %j', (modelName, model, ids, names) => {
    expect(namesOf(compileModels([entry(modelName, model)], ROUTING_SETTINGS, listingOf(...ids)))).toEqual(
      names,
    );
  });

  test('a model that a longer pattern would catch is not listed by the shorter one', () => {
    const table = compileModels(
      [entry('*'), entry('qwen*', 'openai/*', { apiBase: 'http://127.0.0.1:2/v1' })],
      ROUTING_SETTINGS,
      listingOf('qwen3', 'gemma3'),
    );
    expect(namesOf(table)).toEqual(['gemma3']);
  });

  test('every listed name leads to the upstream model that it was made from: 200 random tables', () => {
    const random = seededRandom(7);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const shapes = ['*', 'a*', '*a', 'a*b', 'b/*', '*/*', 'a-*', '*-*'];
    const ids = ['a', 'b', 'ab', 'aab', 'a-b', 'b/a', 'a/b/a', 'b-a-b'];
    for (let round = 0; round < 200; round++) {
      const entries = Array.from({ length: 4 }, (_, index) =>
        entry(pick(shapes), `openai/${pick(shapes)}`, { modelInfo: { id: `${index}` } }),
      );
      const table = compileModels(entries, ROUTING_SETTINGS, listingOf(...ids));
      const finder = new GroupFinder(table);
      for (const name of table.listed.keys()) {
        const upstreamModels = finder.find(name)?.deployments.map(({ upstreamModel }) => upstreamModel) ?? [];
        expect(upstreamModels.some((model) => ids.includes(model))).toBe(true);
      }
    }
  });
});

describe('the models that a caller sees', () => {
  const table = compileModels(
    [
      entry('gpt-4', 'openai/qwen3', { modelInfo: { id: '1', access_groups: ['chat'] } }),
      entry('tts-1', 'openai/tts-1'),
      entry('*'),
    ],
    {
      ...ROUTING_SETTINGS,
      modelGroupAlias: { fast: { model: 'gpt-4', hidden: false }, secret: { model: 'gpt-4', hidden: true } },
    },
    listingOf('gemma3', 'qwen3'),
  );
  const seenWith = (...models: string[]): string[] => [
    ...visibleModels(table, compileRule(models, table.accessGroups)).keys(),
  ];

  test('everything, when the key has no list', () => {
    expect(seenWith()).toEqual(['gpt-4', 'tts-1', 'fast', 'gemma3', 'qwen3']);
  });

  test('what its names and patterns allow, in the order of the whole list', () => {
    expect(seenWith('tts-*', 'gemma3')).toEqual(['tts-1', 'gemma3']);
  });

  test('an alias whose target is allowed, and the target of an access group', () => {
    expect(seenWith('chat')).toEqual(['gpt-4', 'fast']);
  });

  test('models on its list that can be reached although no upstream lists them', () => {
    expect(seenWith('unlisted-model', 'secret')).toEqual(['unlisted-model', 'secret']);
  });

  test('nothing for a list of special values that grant nothing', () => {
    expect(seenWith('no-default-models')).toEqual([]);
  });

  test('never more than it may use', () => {
    for (const models of [['gpt-4'], ['fast'], ['chat', 'tts-1'], ['*3'], ['secret']]) {
      const rule = compileRule(models, table.accessGroups);
      for (const name of visibleModels(table, rule).keys()) {
        expect(allows(rule, [name, table.aliases.get(name)?.model ?? name])).toBe(true);
      }
    }
  });
});

describe('entries that cannot be used', () => {
  test('one bad entry disables itself and says why', () => {
    const table = compileModels(
      [entry('bad', 'azure/llama', { apiBase: null }), entry('gpt-4', 'openai/a')],
      ROUTING_SETTINGS,
    );
    expect(namesOf(table)).toEqual(['gpt-4']);
    expect(table.warnings).toHaveLength(1);
  });

  test('each address is asked for its models once', () => {
    const other = { apiBase: 'http://127.0.0.1:2/v1' };
    const table = compileModels(
      [entry('*'), entry('local/*'), entry('x/*', 'openai/*', other), entry('gpt-4', 'openai/a')],
      ROUTING_SETTINGS,
    );
    expect(table.discoverable.map(({ origin }) => origin)).toEqual([
      'http://127.0.0.1:1',
      'http://127.0.0.1:2',
    ]);
  });
});
