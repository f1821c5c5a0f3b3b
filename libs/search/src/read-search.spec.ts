import { describe, expect, test } from '@jest/globals';
import { BadRequestError, type JsonObject } from '@app/call';
import { readSearch } from './read-search.js';

function paramOf(body: JsonObject): string | null {
  try {
    readSearch(body);
  } catch (error) {
    if (error instanceof BadRequestError) return error.param;
  }
  return null;
}

describe('readSearch', () => {
  test('fills in what is not said', () => {
    expect(readSearch({ query: ' llamas ' })).toEqual({
      text: 'llamas',
      maxResults: 10,
      domains: [],
      country: null,
      maxTokensPerPage: 1_024,
    });
  });

  test('several queries are one', () => {
    expect(readSearch({ query: ['llama', 'alpaca'] }).text).toBe('llama alpaca');
  });

  test('takes limits, domains and a country', () => {
    const body = {
      query: 'x',
      max_results: 3,
      search_domain_filter: ['A.org'],
      country: 'DE',
      max_tokens_per_page: 9,
    };
    expect(readSearch(body)).toMatchObject({
      maxResults: 3,
      domains: ['a.org'],
      country: 'de',
      maxTokensPerPage: 9,
    });
  });

  test.each<[string, JsonObject]>([
    ['query', {}],
    ['query', { query: '' }],
    ['query', { query: 5 }],
    ['query', { query: ['a', 5] }],
    ['query', { query: [] }],
    ['query', { query: 'x'.repeat(2_001) }],
    ['query', { query: Array.from({ length: 11 }, () => 'x') }],
    ['max_results', { query: 'x', max_results: 0 }],
    ['max_results', { query: 'x', max_results: 21 }],
    ['max_results', { query: 'x', max_results: '5' }],
    ['max_tokens_per_page', { query: 'x', max_tokens_per_page: 1.5 }],
    ['search_domain_filter', { query: 'x', search_domain_filter: 'a.org' }],
    ['search_domain_filter', { query: 'x', search_domain_filter: ['a org'] }],
    ['search_domain_filter', { query: 'x', search_domain_filter: ['https://a.org'] }],
    ['country', { query: 'x', country: 'Germany' }],
  ])('names %s as the problem of %j', (param, body) => {
    expect(paramOf(body)).toBe(param);
  });
});
