import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { type SearchHit, type SearchQuery } from './search-query.js';

const MAX_TITLE = 300;
const MAX_URL = 2_048;
const CHARACTERS_PER_TOKEN = 4;
/** Everything that could steer a terminal, a log or the look of a text: controls, direction marks, tag characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]+/gu;
const DAY = /^\d{4}-\d{2}-\d{2}/;

/** Reads SearXNG's answer. What strangers wrote on their pages stands in it: nothing is taken as it is. */
export function hitsFrom(document: JsonValue, query: SearchQuery): SearchHit[] {
  const results = isJsonObject(document) ? document['results'] : null;
  if (!Array.isArray(results)) return [];
  const hits: SearchHit[] = [];
  const seen = new Set<string>();
  for (const result of results) {
    if (hits.length === query.maxResults) break;
    const hit = isJsonObject(result) ? hitFrom(result, query) : null;
    if (!hit || seen.has(hit.url)) continue;
    seen.add(hit.url);
    hits.push(hit);
  }
  return hits;
}

function hitFrom(result: JsonObject, query: SearchQuery): SearchHit | null {
  const url = addressOf(result['url'], query.domains);
  if (url === null) return null;
  const snippet = cleaned(result['content'], query.maxTokensPerPage * CHARACTERS_PER_TOKEN);
  const day = DAY.exec(cleaned(result['publishedDate'] ?? result['pubdate'], 32));
  return { title: cleaned(result['title'], MAX_TITLE) || url, url, snippet, date: day ? day[0] : null };
}

function addressOf(value: JsonValue | undefined, domains: readonly string[]): string | null {
  if (typeof value !== 'string' || value.length > MAX_URL || !URL.canParse(value)) return null;
  const url = new URL(value);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  if (url.username !== '' || url.password !== '') return null;
  const host = url.hostname;
  const isWanted =
    domains.length === 0 || domains.some((domain) => host === domain || host.endsWith(`.${domain}`));
  return isWanted ? url.href : null;
}

function cleaned(value: JsonValue | undefined, maxLength: number): string {
  if (typeof value !== 'string') return '';
  const text = value.slice(0, maxLength * 2).replace(UNSEEN, ' ');
  return text.replace(/\s+/g, ' ').trim().slice(0, maxLength).toWellFormed();
}
