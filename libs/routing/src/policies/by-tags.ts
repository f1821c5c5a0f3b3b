import { AuthenticationError } from '@app/call';
import { type Candidate } from './selection-policy.js';

const DEFAULT = 'default';

/**
 * The candidates whose tags fit those of the call. A call without tags, or with tags that fit nobody, goes to those
 * tagged `default`; without tags and without such, to all.
 * @param matchAny one tag in common is enough; else the deployment must have them all
 * @throws AuthenticationError when nobody is left
 */
export function byTags(
  candidates: readonly Candidate[],
  tags: readonly string[],
  matchAny: boolean,
): readonly Candidate[] {
  const fits = ({ member }: Candidate): boolean =>
    matchAny ? tags.some((tag) => member.tags.includes(tag)) : tags.every((tag) => member.tags.includes(tag));
  const tagged = tags.length === 0 ? [] : candidates.filter(fits);
  if (tagged.length > 0) return tagged;
  const fallback = candidates.filter(({ member }) => member.tags.includes(DEFAULT));
  if (fallback.length > 0) return fallback;
  if (tags.length === 0) return candidates;
  throw new AuthenticationError('Not allowed to access model due to tags configuration');
}
