import { type JsonObject } from '@app/call';
import { type SearchHit } from './search-query.js';

const MAX_CITATIONS = 32;

interface Place {
  readonly url: string;
  readonly title: string;
  readonly start_index: number;
  readonly end_index: number;
}

/** Where a text names an address that was found, the place; sources that it does not name stand at its end. */
function placesIn(content: string, hits: readonly SearchHit[]): Place[] {
  if (content === '') return [];
  return hits.slice(0, MAX_CITATIONS).map(({ url, title }) => {
    const at = content.indexOf(url);
    const start = at < 0 ? content.length : at;
    return { url, title, start_index: start, end_index: at < 0 ? start : at + url.length };
  });
}

/** The sources of a chat answer as OpenAI's `annotations`. */
export const annotationsFor = (content: string, hits: readonly SearchHit[]): JsonObject[] =>
  placesIn(content, hits).map((place) => ({ type: 'url_citation', url_citation: { ...place } }));

/** The same for a part of a response. */
export const partAnnotationsFor = (text: string, hits: readonly SearchHit[]): JsonObject[] =>
  placesIn(text, hits).map((place) => ({ type: 'url_citation', ...place }));

/** The same in Anthropic's words, which know no places. */
export const citationsFor = (text: string, hits: readonly SearchHit[]): JsonObject[] =>
  placesIn(text, hits).map(({ url, title, start_index: start, end_index: end }) => ({
    type: 'web_search_result_location',
    url,
    title,
    cited_text: text.slice(start, end),
    encrypted_index: '',
  }));
