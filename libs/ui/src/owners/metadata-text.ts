import { type JsonObject } from '@app/call';

const MAX_LENGTH = 2_000;
/** Shown elsewhere. */
const ELSEWHERE = new Set(['tags', 'model_rpm_limit', 'model_tpm_limit']);

export function tagsText({ tags }: JsonObject): string {
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string').join(', ') : '';
}

/** What people have written beside the tags; empty where there is nothing. */
export function metadataText(metadata: JsonObject): string {
  const others = Object.entries(metadata).filter(([name]) => !ELSEWHERE.has(name));
  return others.length === 0 ? '' : JSON.stringify(Object.fromEntries(others)).slice(0, MAX_LENGTH);
}
