import { AttemptScope } from './attempt-scope.js';
import { collect } from './exchange.js';
import { connectionError } from './upstream-errors.js';
import { type Destination, type UpstreamClient } from './upstream.client.js';

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface SentDocument {
  /** Below the destination's base path, beginning with `/`. */
  readonly path: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** For everything: connection, answer, its last byte. */
  readonly timeoutMs: number;
}

/**
 * Posts a document of our own, such as telemetry, and reads the whole answer.
 * @throws UpstreamError for every failure, and for answers that are no success
 */
export async function postDocument(
  client: UpstreamClient,
  destination: Destination,
  { path, body, contentType, timeoutMs }: SentDocument,
): Promise<Buffer> {
  const scope = new AttemptScope(null, timeoutMs);
  scope.stage(timeoutMs, 'There was no answer in time.', true);
  try {
    const reply = await client.post(destination, {
      path,
      body: [body],
      contentType,
      accept: 'application/json',
      scope,
    });
    return (await collect(reply.body, MAX_ANSWER_BYTES)).bytes;
  } catch (error) {
    throw connectionError(error);
  } finally {
    scope.close();
  }
}
