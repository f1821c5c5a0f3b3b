import { type JsonObject } from '@app/call';
import { type FoundText } from './dialogue.js';
import { queryOf } from './query-of.js';

/** What a search found, as Anthropic's server shows it. */
export function resultBlock({ call, hits, isFailed }: FoundText): JsonObject {
  const tool_use_id = serverId(call.id);
  if (isFailed) {
    const error = { type: 'web_search_tool_result_error', error_code: 'unavailable' };
    return { type: 'web_search_tool_result', tool_use_id, content: error };
  }
  const content = hits.map(({ title, url, date }) => ({
    type: 'web_search_result',
    title,
    url,
    page_age: date,
    encrypted_content: '',
  }));
  return { type: 'web_search_tool_result', tool_use_id, content };
}

/** Ids of searches are known by their beginning. */
const serverId = (id: string): string => `srvtoolu_${id}`;

/** A search as the client sees it. */
export const searchBlock = (id: string, text: string): JsonObject => ({
  type: 'server_tool_use',
  id: serverId(id),
  name: 'web_search',
  input: { query: queryOf(text) },
});
