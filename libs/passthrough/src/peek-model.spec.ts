import { expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { type GatewayRequest } from '@app/call';
import { aCaller } from '@testing/call';
import { type Peeked, peekModel } from './peek-model.js';

const KNOWN = new Set(['acme', 'acme/v1']);
const NARROW = aCaller({ models: ['small'] });

async function named(below: string, basePath = ''): Promise<readonly string[]> {
  const req = { originalUrl: `/pass${below}?model=small`, headers: {} } as GatewayRequest;
  const { models } = await peekModel(req, NARROW, {
    basePath,
    below,
    maxBytes: 1_000,
    isModel: (name) => KNOWN.has(name),
  });
  return models.slice(1);
}

test.each([
  ['/upstream/large/props', ['large']],
  ['/UPSTREAM/large/props', ['large']],
  ['/%75pstream/large/props', ['large']],
  ['/v1/mode%6Cs/l%61rge', ['large']],
  ['/upstream/gemma3:70b/props', ['gemma3:70b']],
  ['/v1beta/models/large:generateContent', ['large']],
  ['/models/unload/large', ['large']],
  ['/api/models/unload', ['unload']],
  ['/upstream/small/v1/models/large', ['small', 'large']],
  ['/upstream/org/large/v1/chat/completions', ['org/large']],
  ['/upstream/org/chat/v1/chat/completions', ['org/chat']],
  ['/upstream/org/large/props', ['org/large']],
  ['/upstream/org/large/', ['org/large']],
  ['/upstream/org/a/b/chat/completions', ['org/a/b']],
  ['/upstream/acme/large/v1/models', ['acme/large', 'acme']],
  ['/upstream/acme/v1/models', ['acme', 'acme/v1']],
  ['/v1/models/org/large', ['org/large']],
  ['/models/unload/org/large', ['org/large']],
  ['/v1beta/models/org/large:generateContent', ['org/large']],
  ['/openai/deployments/org/large/chat/completions', ['org/large']],
  ['/v1/chat/completions', []],
  ['', []],
])('a backend finds in the path %s what is judged: %j', async (below, models) => {
  expect(await named(below)).toEqual(models);
});

test('a target that ends where backends look for a model has it in the first segment of the client', async () => {
  expect(await named('/large/v1/chat/completions', '/upstream')).toEqual(['large']);
  expect(await named('/large/v1/chat/completions', '/v1')).toEqual([]);
});

function posted(json: string): Promise<Peeked> {
  const headers = { 'content-type': 'application/json', 'content-length': String(json.length) };
  const req = Object.assign(Readable.from([Buffer.from(json)]), { originalUrl: '/pass', headers });
  return peekModel(req as unknown as GatewayRequest, NARROW, {
    basePath: '',
    below: '',
    maxBytes: 1_000,
    isModel: () => false,
  });
}

test('a body whose model is written in two ways is refused, for a backend may take the other one', async () => {
  const refused = posted('{"model":"small","Model":"large"}');
  await expect(refused).rejects.toMatchObject({ status: 400, param: 'Model' });
});

test('the models that a backend may choose from are judged each', async () => {
  expect((await posted('{"model":"small","models":["large","largest"]}')).models).toEqual([
    'small',
    'large',
    'largest',
  ]);
});
