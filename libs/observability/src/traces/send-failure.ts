import { GatewayError } from '@app/call';
import { type SendResult } from './delivery.js';

/** What is wrong with the batch itself; sending the same again does not help. */
const REFUSALS = new Set([400, 404, 405, 413, 415, 422]);

/** What a failed delivery means for what was to be delivered. The cause names the status, never the answer's words. */
export function sendFailure(error: unknown): SendResult {
  if (!(error instanceof GatewayError)) {
    return { kind: 'later', afterMs: null, cause: error instanceof Error ? error.name : 'failed' };
  }
  const { status, headers, type } = error;
  if (REFUSALS.has(status)) return { kind: 'refused', cause: `answered with status ${status}` };
  const seconds = Number(headers['retry-after']);
  const afterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
  const isSilent = type === 'upstream_timeout';
  return { kind: 'later', afterMs, cause: isSilent ? 'no answer in time' : `failed with status ${status}` };
}
