import { expect, test } from '@jest/globals';
import { type GatewayRequest } from '@app/call';
import { aCaller } from '@testing/call';
import { peekModel } from './peek-model.js';

const NARROW = aCaller({ models: ['small'] });

async function named(below: string, basePath = ''): Promise<readonly string[]> {
  const req = { originalUrl: `/pass${below}?model=small`, headers: {} } as GatewayRequest;
  const { models } = await peekModel(req, NARROW, { basePath, below, maxBytes: 1_000 });
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
  ['/v1/chat/completions', []],
  ['', []],
])('a backend finds in the path %s what is judged: %j', async (below, models) => {
  expect(await named(below)).toEqual(models);
});

test('a target that ends where backends look for a model has it in the first segment of the client', async () => {
  expect(await named('/large/v1/chat/completions', '/upstream')).toEqual(['large']);
  expect(await named('/large/v1/chat/completions', '/v1')).toEqual([]);
});
