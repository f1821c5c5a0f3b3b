import { expect, test } from '@jest/globals';
import { type Answer } from './http.ts';
import {
  hiddenSecrets,
  keepSecretsOf,
  keepSecretsOfCall,
  keepSecretsOfForm,
  knownSecrets,
  secretsLeftOut,
} from './secrets.ts';

const answer = (status: number, json: object): Answer => ({
  status,
  headers: {},
  text: JSON.stringify(json),
  json: json as Answer['json'],
});

test('secrets of a gateway are those of its environment, its configuration, its answers and its forms', () => {
  const deployment = {
    model_name: 'one',
    litellm_params: {
      model: 'openai/one-model-of-many',
      api_key: 'os.environ/ELSEWHERE',
      extra_headers: { authorization: 'Bearer of-the-deployment-1', 'content-type': 'application/json' },
      input_cost_per_token: '0.00000000001',
    },
  };
  const environment = {
    HOST: 'a-host-with-a-long-name',
    DATABASE_URL: 'postgres://postgres:of-the-database@127.0.0.1:5432/test',
    ELSEWHERE: 'sk-of-the-provider',
    LANGFUSE_PUBLIC_KEY: 'pk-lf-of-the-public',
    LANGFUSE_SECRET_KEY: 'short',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=a-team-of-many,authorization=Basic%20of-the-collector%3D',
  };
  keepSecretsOf(environment, JSON.stringify({ model_list: [deployment] }));
  keepSecretsOf({}, '{{{');
  keepSecretsOfCall('/key/generate', {}, answer(200, { key: 'sk-of-the-first-key' }));
  keepSecretsOfCall('/key/generate', {}, answer(400, { key: 'sk-of-the-second-key' }));
  keepSecretsOfCall('/key/info', {}, answer(200, { key: 'what-was-asked-for' }));
  keepSecretsOfCall('/model/new', { litellm_params: { api_key: 'sk-of-the-model' } }, answer(200, {}));
  keepSecretsOfForm('/ui/models/new', { api_key: 'sk-of-the-form' }, '');
  keepSecretsOfForm('/ui/keys/new', {}, '<code>sk-of-the-page-0123456789</code>');
  expect(knownSecrets().map(({ value }) => value)).toEqual([
    'a-team-of-many',
    'of-the-collector=',
    environment.DATABASE_URL,
    'of-the-database',
    'sk-of-the-provider',
    'of-the-deployment-1',
    'sk-of-the-model',
    'sk-of-the-form',
    'sk-of-the-first-key',
    'sk-of-the-page-0123456789',
  ]);
  expect(hiddenSecrets()).toHaveLength(8);
  expect(secretsLeftOut()).toEqual(['LANGFUSE_SECRET_KEY']);
});
