import { createHash } from 'node:crypto';

/** What every form of a session carries. It follows from the id, which no other site can read. */
export function csrfTokenOf(sessionId: string): string {
  return createHash('sha256').update(`form:${sessionId}`).digest('base64url');
}
