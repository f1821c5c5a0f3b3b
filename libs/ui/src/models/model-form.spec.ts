import { describe, expect, test } from '@jest/globals';
import { mistakesIn, postedValues } from '../forms/read-values.js';
import { Form } from '../read-form.js';
import { MODEL_FIELDS, modelBody, valuesOfModel } from './model-form.js';

const values = (fields: Record<string, string>) =>
  postedValues(MODEL_FIELDS, new Form(new URLSearchParams(fields)));

const STORED = {
  model_name: 'fast',
  litellm_params: {
    model: 'openai/qwen',
    api_base: 'http://gpu:8080/v1',
    tags: ['a'],
    temperature: 0.2,
    rpm: 5,
  },
  model_info: {
    id: 'one',
    mode: 'chat',
    input_cost_per_token: 0.0000005,
    db_model: true,
    load_state: 'ready',
  },
};

describe('a new model', () => {
  test('has its prices in USD per token, whatever the unit of the field', () => {
    const typed = {
      model_name: 'fast',
      mode: 'chat',
      model: 'openai/qwen',
      api_key: 'sk-backend',
      input_cost_per_token: '0.5',
      input_cost_per_second: '0.006',
      model_tags: 'a, b',
      supports_function_calling: 'false',
      extra: '{"temperature": 0.2}',
    };
    expect(modelBody(values(typed), null)).toEqual({
      model_name: 'fast',
      litellm_params: { model: 'openai/qwen', api_key: 'sk-backend', tags: ['a', 'b'], temperature: 0.2 },
      model_info: {
        mode: 'chat',
        input_cost_per_token: 0.0000005,
        input_cost_per_second: 0.0001,
        supports_function_calling: false,
      },
    });
  });

  test('needs a name and a model', () => {
    expect(Object.keys(mistakesIn(MODEL_FIELDS, values({ mode: 'chat' })))).toEqual(['model_name', 'model']);
  });
});

describe('a model that is there', () => {
  test('fills the form, prices by the unit of the field, other parameters together', () => {
    expect(valuesOfModel(STORED)).toMatchObject({
      model_name: 'fast',
      model: 'openai/qwen',
      input_cost_per_token: '0.5',
      model_tags: 'a',
      rpm: '5',
      api_key: '',
      extra: '{\n  "temperature": 0.2\n}',
    });
  });

  test('loses what the form leaves empty, but never its key', () => {
    const before = valuesOfModel(STORED);
    const after = { ...before, rpm: '', extra: '', model_tags: '', input_cost_per_token: '' };
    const { litellm_params, model_info } = modelBody(after, before);
    expect(litellm_params).toMatchObject({ rpm: null, temperature: null, tags: null, model: 'openai/qwen' });
    expect(litellm_params).not.toHaveProperty('api_key');
    expect(model_info).toMatchObject({ input_cost_per_token: null, mode: 'chat' });
  });
});
