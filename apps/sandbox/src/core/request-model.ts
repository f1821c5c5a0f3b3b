import type { Exchange } from './exchange.js';
import { textAt } from './json.js';

/** The model that a request names, in JSON, in a multipart form or in the query. */
export function requestModel(exchange: Exchange): string | null {
  const type = exchange.header('content-type') ?? '';
  if (type.startsWith('multipart/')) {
    const part = /name="?model"?\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)/i.exec(exchange.body.toString('latin1'));
    return part?.[1] ?? null;
  }
  return textAt(exchange.json, 'model') ?? exchange.query.get('model');
}
