import { expect, test } from '@jest/globals';
import { ANONYMOUS, type Caller } from '@app/call';
import { aCaller } from '@testing/call';
import { aConfigStore, aModelEntry, anAppConfig } from '@testing/config';
import { ModelLists } from './model-lists.js';
import { RoutingService } from './routing.service.js';
import { aRoutingService, NO_LABELS } from './testing.js';

const idsOf = (lists: ModelLists, caller: Caller): string[] =>
  (JSON.parse(lists.listFor(caller).toString()) as { data: { id: string }[] }).data.map(({ id }) => id);

test('the list has the shape that clients know, the same for every model', () => {
  const lists = new ModelLists(aRoutingService());
  expect(JSON.parse(lists.listFor(ANONYMOUS).toString())).toEqual({
    data: [{ id: 'gpt-4', object: 'model', created: 1_677_610_602, owned_by: 'openai' }],
    object: 'list',
  });
});

test('one model tells who really provides it', () => {
  const lists = new ModelLists(aRoutingService({ models: [aModelEntry({ model: 'hosted_vllm/qwen3' })] }));
  expect(JSON.parse(lists.modelFor(ANONYMOUS, 'gpt-4')?.toString() ?? 'null')).toEqual({
    id: 'gpt-4',
    object: 'model',
    created: 1_677_610_602,
    owned_by: 'hosted_vllm',
  });
});

test('a model that is not on the caller’s list is not there', () => {
  const lists = new ModelLists(aRoutingService());
  expect(lists.modelFor(aCaller({ models: ['tts-1'] }), 'gpt-4')).toBeNull();
  expect(lists.modelFor(ANONYMOUS, 'constructor')).toBeNull();
});

test('keys with the same models get the very same bytes', () => {
  const lists = new ModelLists(aRoutingService());
  const list = lists.listFor(aCaller({ models: ['gpt-*'] }));
  expect(lists.listFor(aCaller({ models: ['gpt-*'] }))).toBe(list);
});

test('keys with different models never share a list, however the names are cut', () => {
  const models = ['a', 'b', 'a,b'].map((modelName) =>
    aModelEntry({ modelName, modelInfo: { id: modelName } }),
  );
  const lists = new ModelLists(aRoutingService({ models }));
  expect(idsOf(lists, aCaller({ models: ['a', 'b'] }))).toEqual(['a', 'b']);
  expect(idsOf(lists, aCaller({ models: ['a,b'] }))).toEqual(['a,b']);
});

test('a new configuration is seen with the next request', () => {
  const store = aConfigStore();
  const lists = new ModelLists(new RoutingService(store, NO_LABELS, Math.random));
  expect(idsOf(lists, ANONYMOUS)).toEqual(['gpt-4']);
  store.replace(anAppConfig({ models: [aModelEntry({ modelName: 'new' })] }));
  expect(idsOf(lists, ANONYMOUS)).toEqual(['new']);
});

test('the lists around a key narrow what it sees', () => {
  const models = ['a', 'b', 'c'].map((modelName) => aModelEntry({ modelName, modelInfo: { id: modelName } }));
  const lists = new ModelLists(aRoutingService({ models }));
  expect(
    idsOf(
      lists,
      aCaller({
        outerModels: [
          ['a', 'b'],
          ['b', 'c'],
        ],
      }),
    ),
  ).toEqual(['b']);
  expect(idsOf(lists, aCaller({ models: ['a', 'b'], outerModels: [[], ['a', 'c']] }))).toEqual(['a']);
  expect(idsOf(lists, aCaller({ models: ['all-team-models'], teamId: 't', outerModels: [['c']] }))).toEqual([
    'c',
  ]);
});
