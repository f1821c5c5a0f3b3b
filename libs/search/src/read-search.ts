import { BadRequestError, type JsonObject, type JsonValue } from '@app/call';
import { type SearchQuery } from './search-query.js';

const DEFAULT_RESULTS = 10;
const MAX_RESULTS = 20;
const MAX_DOMAINS = 20;
const MAX_QUERIES = 10;
const MAX_QUERY_LENGTH = 2_000;
const DEFAULT_TOKENS = 1_024;
const MAX_TOKENS = 10_000;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i;
const COUNTRY = /^[a-z]{2}$/i;

/**
 * Reads the body of `POST /v1/search`.
 * @throws BadRequestError naming the field
 */
export function readSearch(body: JsonObject): SearchQuery {
  return {
    text: textOf(body['query']),
    maxResults: countOf(body, 'max_results', { max: MAX_RESULTS, fallback: DEFAULT_RESULTS }),
    domains: domainsOf(body['search_domain_filter']),
    country: countryOf(body['country']),
    maxTokensPerPage: countOf(body, 'max_tokens_per_page', { max: MAX_TOKENS, fallback: DEFAULT_TOKENS }),
  };
}

/** Several queries are one search for all their words. */
function textOf(query: JsonValue | undefined): string {
  const parts = Array.isArray(query) ? query : [query];
  const isText = parts.every((part) => typeof part === 'string') && parts.length <= MAX_QUERIES;
  const text = isText ? parts.join(' ').trim() : '';
  if (text === '' || text.length > MAX_QUERY_LENGTH) {
    throw new BadRequestError(
      `\`query\` must be a text, or a list of up to ${MAX_QUERIES} texts, of up to ${MAX_QUERY_LENGTH} characters in all.`,
      'query',
    );
  }
  return text;
}

function countOf(
  body: JsonObject,
  name: string,
  { max, fallback }: { max: number; fallback: number },
): number {
  const value = body[name] ?? fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new BadRequestError(`\`${name}\` must be a whole number from 1 to ${max}.`, name);
}

function domainsOf(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  const isList = Array.isArray(value) && value.length <= MAX_DOMAINS;
  if (isList && value.every((domain) => typeof domain === 'string' && DOMAIN.test(domain))) {
    return (value as string[]).map((domain) => domain.toLowerCase());
  }
  throw new BadRequestError(
    `\`search_domain_filter\` must be a list of up to ${MAX_DOMAINS} domain names.`,
    'search_domain_filter',
  );
}

function countryOf(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && COUNTRY.test(value)) return value.toLowerCase();
  throw new BadRequestError('`country` must be a country code of two letters.', 'country');
}
