import { createHash } from 'node:crypto';
import { type Candidate } from './selection-policy.js';

const FULL = 2 ** 48;

/**
 * The same order for the same session, so that what its deployment has cached of the conversation is of use. Sessions
 * spread by weight; when a deployment is away only its own sessions move (rendezvous hashing).
 */
export function bySession(candidates: readonly Candidate[], session: string): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  const isWeighted = candidates.some(({ member }) => member.weight !== null);
  return candidates
    .map((candidate) => {
      const { member } = candidate;
      const weight = isWeighted ? (member.weight ?? 0) : 1;
      return { candidate, distance: -Math.log(share(session, member.deployment.id)) / weight };
    })
    .sort((a, b) => a.distance - b.distance || 0)
    .map(({ candidate }) => candidate);
}

/** Above 0 and at most 1, the same on every replica. */
function share(session: string, id: string): number {
  const digest = createHash('sha256').update(`${id}\n${session}`).digest();
  return (digest.readUIntBE(0, 6) + 1) / FULL;
}
