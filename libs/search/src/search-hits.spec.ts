import { describe, expect, test } from '@jest/globals';
import { type JsonValue } from '@app/call';
import { hitsFrom } from './search-hits.js';
import { type SearchQuery } from './search-query.js';

const query = (changes: Partial<SearchQuery> = {}): SearchQuery => ({
  text: 'llamas',
  maxResults: 10,
  domains: [],
  country: null,
  maxTokensPerPage: 100,
  ...changes,
});

const page = (...results: JsonValue[]): JsonValue => ({ query: 'llamas', results });
const urlsOf = (results: JsonValue[], changes: Partial<SearchQuery> = {}): string[] =>
  hitsFrom(page(...results), query(changes)).map(({ url }) => url);

describe('hitsFrom', () => {
  test('takes title, address, snippet and day', () => {
    const result = {
      url: 'https://a.org/x',
      title: 'A',
      content: 'About',
      publishedDate: '2026-01-02T10:00:00',
    };
    expect(hitsFrom(page(result), query())).toEqual([
      { title: 'A', url: 'https://a.org/x', snippet: 'About', date: '2026-01-02' },
    ]);
  });

  test('an older instance says pubdate', () => {
    const [hit] = hitsFrom(page({ url: 'https://a.org/', title: 'A', pubdate: '2025-12-31 08:00' }), query());
    expect(hit).toMatchObject({ snippet: '', date: '2025-12-31' });
  });

  test('a page without a title is called by its address', () => {
    expect(hitsFrom(page({ url: 'https://a.org/x', title: null }), query())[0]?.title).toBe(
      'https://a.org/x',
    );
  });

  test.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'https://user:secret@a.org/',
    '//a.org',
    `https://a.org/${'x'.repeat(3_000)}`,
    42,
    null,
  ])('an address such as %p is no hit', (url) => {
    expect(urlsOf([{ url, title: 'A' }])).toEqual([]);
  });

  test('what cannot be seen is taken out, and long texts are cut', () => {
    const hidden = '\u001b[31mred\u202e desrever\u{e0041}\u0000';
    const [hit] = hitsFrom(
      page({ url: 'https://a.org/', title: hidden, content: 'word '.repeat(1_000) }),
      query({ maxTokensPerPage: 10 }),
    );
    expect(hit?.title).toBe('[31mred desrever');
    expect(hit?.snippet.length).toBe(40);
  });

  test('half a character at the cut is no half character', () => {
    const [hit] = hitsFrom(page({ url: 'https://a.org/', title: '😀'.repeat(400) }), query());
    expect(hit?.title.isWellFormed()).toBe(true);
  });

  test('one address is one hit, and there are as many as were asked for', () => {
    const results = [1, 1, 2, 3].map((n) => ({ url: `https://a.org/${n}`, title: 'A' }));
    expect(urlsOf(results, { maxResults: 2 })).toEqual(['https://a.org/1', 'https://a.org/2']);
  });

  test('a domain stands for its subdomains and for no other that ends alike', () => {
    const results = ['https://a.org/', 'https://en.a.org/', 'https://bada.org/'].map((url) => ({
      url,
      title: 'A',
    }));
    expect(urlsOf(results, { domains: ['a.org'] })).toEqual(['https://a.org/', 'https://en.a.org/']);
  });

  test.each<JsonValue>([null, [], 'x', {}, { results: null }, { results: [null, 1, 'x', []] }])(
    'of %p nothing is left',
    (document) => {
      expect(hitsFrom(document, query())).toEqual([]);
    },
  );
});
