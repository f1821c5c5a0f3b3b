import { type JsonObject } from '@app/call';
import { type ToolCall } from './dialogue.js';
import { queryOf } from './query-of.js';

/** A search as it stands in the output of a response. */
export const searchItem = (call: ToolCall, status: 'in_progress' | 'completed' | 'failed'): JsonObject => ({
  type: 'web_search_call',
  id: `ws_${call.id}`,
  status,
  action: { type: 'search', query: queryOf(call.arguments) },
});
