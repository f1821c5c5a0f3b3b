import { isJsonObject, type JsonValue } from '@app/call';

const MAX_QUERY_LENGTH = 400;

/** What a model wants to search for; empty where it says nothing that can be understood. */
export function queryOf(text: string): string {
  try {
    const given = JSON.parse(text) as JsonValue;
    const query = isJsonObject(given) ? given['query'] : given;
    return typeof query === 'string' ? query.trim().slice(0, MAX_QUERY_LENGTH) : '';
  } catch {
    return '';
  }
}
