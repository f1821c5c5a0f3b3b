import { type JsonObject } from '@app/call';
import { type SearchHit } from './search-query.js';

const MAX_CITATIONS = 32;

/**
 * The sources of an answer as OpenAI's `annotations`: where its text names an address that was found, the place;
 * sources that it does not name stand at its end.
 */
export function annotationsFor(content: string, hits: readonly SearchHit[]): JsonObject[] {
  if (content === '') return [];
  return hits.slice(0, MAX_CITATIONS).map(({ url, title }) => {
    const at = content.indexOf(url);
    const start = at < 0 ? content.length : at;
    const end = at < 0 ? content.length : at + url.length;
    return { type: 'url_citation', url_citation: { url, title, start_index: start, end_index: end } };
  });
}
