import { describe, expect, test } from '@jest/globals';
import { at, clientOf, json } from '../test/client.js';
import { startSearxng } from './searxng.js';

const client = clientOf(startSearxng);

const search = (query: Record<string, string>) =>
  client.send(`/search?${new URLSearchParams({ format: 'json', ...query }).toString()}`);

describe('/search', () => {
  test('finds ten results, the same for the same query', async () => {
    const [one, two] = [json(await search({ q: 'trains' })), json(await search({ q: 'trains' }))];
    expect(at(one, 'results')).toHaveLength(10);
    expect(one).toEqual(two);
  });

  test('leaves out what current versions leave out', async () => {
    const found = json(await search({ q: 'trains' }));
    expect(at(found, 'number_of_results')).toBeUndefined();
    const results = at(found, 'results') as object[];
    expect(results.filter((result) => !('content' in result))).toHaveLength(2);
    expect(at(results[0], 'parsed_url')).toHaveLength(6);
  });

  test('goes on with the next page', async () => {
    const first = json(await search({ q: 'trains' }));
    const second = json(await search({ q: 'trains', pageno: '2' }));
    expect(at(first, 'results.0.url')).not.toBe(at(second, 'results.0.url'));
    expect(at(second, 'results.0.positions.0')).toBe(11);
  });

  test('takes a form as well', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await client.send('/search', { method: 'POST', headers, body: 'q=a+b&format=json' });
    expect(at(json(reply), 'query')).toBe('a b');
  });

  test('works out a sum, in the old and the new form of answers', async () => {
    expect(at(json(await search({ q: '2+3' })), 'answers.0.answer')).toBe('2+3 = 5');
    await client.settings({ answersAsText: true });
    expect(at(json(await search({ q: '2+3' })), 'answers.0')).toBe('2+3 = 5');
  });

  test('finds nothing and still says 200, with the engines that failed', async () => {
    await client.settings({ unresponsive: [['google', 'timeout']], numberOfResults: true });
    expect(json(await search({ q: 'no results please' }))).toMatchObject({
      results: [],
      number_of_results: 0,
      unresponsive_engines: [['google', 'timeout']],
    });
  });

  test('sends whatever results the settings hold', async () => {
    const evil = { url: 'javascript:alert(1)', title: '<script>' };
    await client.settings({ fixedResults: [evil] });
    expect(at(json(await search({ q: 'x' })), 'results')).toEqual([evil]);
  });

  test.each([
    [{ q: '' }, 'No query'],
    [{ q: 'x', pageno: '0' }, 'pageno'],
    [{ q: 'x', time_range: 'hour' }, 'time_range'],
    [{ q: 'x', safesearch: '3' }, 'safesearch'],
    [{ q: 'x', language: 'klingon language' }, 'language'],
  ])('refuses %j', async (query, word) => {
    const reply = await search(query);
    expect([reply.status, at(json(reply), 'error')]).toEqual([400, expect.stringContaining(word)]);
  });

  test('answers JSON with a forbidden page where it is switched off', async () => {
    await client.settings({ jsonFormat: false });
    const reply = await search({ q: 'x' });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8']);
    expect((await search({ q: 'x', format: 'html' })).status).toBe(200);
  });

  test('sends external bangs elsewhere', async () => {
    expect((await search({ q: '!!g trains' })).status).toBe(302);
  });

  test.each([
    ['csv', 'application/csv'],
    ['rss', 'text/xml'],
    ['html', 'text/html; charset=utf-8'],
  ])('also speaks %s', async (format, type) => {
    expect((await search({ q: 'x', format })).headers.get('content-type')).toBe(type);
  });

  test('uses the engines and the category that were asked for', async () => {
    const found = json(await search({ q: 'x', engines: 'wikipedia', categories: 'science' }));
    expect(at(found, 'results.0')).toMatchObject({ engine: 'wikipedia', category: 'science' });
  });

  test('tells its engines, and has no other pages', async () => {
    expect(at(json(await client.send('/config')), 'engines.0.name')).toBe('duckduckgo');
    expect((await client.send('/nothing')).status).toBe(404);
  });

  test('knows a fault by its query', async () => {
    expect((await search({ q: 'fault/status-503' })).status).toBe(503);
  });
});

describe('the limiter', () => {
  const person = {
    accept: 'text/html,*/*',
    'accept-encoding': 'gzip',
    'accept-language': 'de',
    'user-agent': 'Mozilla/5.0',
  };
  const asking = (headers: Record<string, string>) => client.send('/search?q=x&format=json', { headers });

  test('lets four calls an hour pass', async () => {
    await client.settings({ limiter: true });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await asking(person)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
  });

  test.each([
    ['who accept JSON alone', { accept: 'application/json' }],
    ['who name no language', { 'accept-language': '' }],
    ['who take no compression', { 'accept-encoding': 'identity' }],
    ['who call themselves programs', { 'user-agent': 'curl/8' }],
  ])('turns those away %s', async (_who, headers) => {
    await client.settings({ limiter: true });
    const reply = await asking({ ...person, ...headers });
    expect([reply.status, reply.text, reply.headers.get('retry-after')]).toEqual([
      429,
      'Too Many Requests',
      null,
    ]);
  });

  test('never stops the health check', async () => {
    await client.settings({ limiter: true });
    expect((await client.send('/healthz')).text).toBe('OK');
  });
});
