import { type JsonValue, UpstreamError } from '@app/call';
import { collect } from './exchange.js';
import { connectionError } from './upstream-errors.js';
import { type UpstreamReply } from './upstream.client.js';

/**
 * Reads a whole JSON document that is for ourselves, such as a page of search results.
 * @throws UpstreamError 502 when it is longer than `limitBytes`, cut off or no JSON
 */
export async function readDocument(reply: UpstreamReply, limitBytes: number): Promise<JsonValue> {
  try {
    const { bytes, isWhole } = await collect(reply.body, limitBytes);
    if (!isWhole)
      throw new UpstreamError(502, `The upstream answered with more than ${limitBytes} bytes.`, true);
    return JSON.parse(bytes.toString()) as JsonValue;
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new UpstreamError(502, 'The upstream answered with invalid JSON.', true);
    throw connectionError(error);
  }
}
