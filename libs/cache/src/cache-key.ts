import { createHash, type Hash } from 'node:crypto';
import { type Call, type Caller, type Deployment } from '@app/call';
import { type CacheSettings } from '@app/config';

/** What shapes an answer besides the call: who may make it, and how its door speaks. */
export interface AnswerShape {
  /** Every deployment that may answer. */
  readonly plan: readonly Deployment[];
  /** What the door adds to the request. */
  readonly variant: string;
  readonly namespace: string;
}

/** Changes whenever what is hashed, or what is kept, changes its meaning. */
const VERSION = 'answers-1';

/**
 * SHA-256, in hex, of all that an answer follows from: whose it is, the door, the model and where it leads, and every
 * member of the body that goes upstream, byte by byte (parsed numbers lose digits). The order of the members at the root
 * does not matter. Each part is hashed with its length, so that no two lists of parts read alike.
 */
export function cacheKeyOf(call: Call, settings: CacheSettings, shape: AnswerShape): string {
  const hash = createHash('sha256');
  for (const part of [VERSION, settings.namespace, tenantOf(call.caller, settings.sharedBy), shape.namespace])
    add(hash, part);
  for (const part of [call.type, call.upstreamPath, shape.variant, call.model]) add(hash, part);
  add(hash, `${call.stream} ${call.wantsUsage}`);
  for (const part of shape.plan.map(deploymentText).sort()) add(hash, part);
  const { bytes, members } = call.body;
  const shaping = members.filter(({ name }) => !call.ownFields.has(name));
  for (const { name, valueStart, valueEnd } of shaping.sort(byName)) {
    add(hash, name);
    add(hash, bytes.subarray(valueStart, valueEnd));
  }
  return hash.digest('hex');
}

const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : 1;

/** A key that belongs to no team shares with nobody. */
function tenantOf(caller: Caller, sharedBy: CacheSettings['sharedBy']): string {
  if (sharedBy === 'everyone') return 'everyone';
  if (sharedBy === 'team' && caller.teamId !== null) return `team ${caller.teamId}`;
  return `key ${caller.keyHash}`;
}

/** Another address or another default is another answer. */
const deploymentText = ({ id, upstreamModel, origin, basePath, defaults }: Deployment): string =>
  JSON.stringify([id, upstreamModel, origin, basePath, defaults]);

function add(hash: Hash, part: string | Buffer): void {
  hash.update(`${typeof part === 'string' ? Buffer.byteLength(part) : part.length}:`).update(part);
}
