import { UpstreamError } from '@app/call';
import { collect } from './exchange.js';
import { connectionError } from './upstream-errors.js';
import { type UpstreamReply } from './upstream.client.js';

/**
 * Reads the whole body of an answer, whatever it is.
 * @throws UpstreamError when it is cut off or larger than `limitBytes`
 */
export async function readWhole(reply: UpstreamReply, limitBytes: number): Promise<Buffer> {
  try {
    const { bytes, isWhole } = await collect(reply.body, limitBytes);
    if (isWhole) return bytes;
  } catch (error) {
    throw connectionError(error);
  }
  throw new UpstreamError(502, 'The upstream answer is too large.', false);
}
