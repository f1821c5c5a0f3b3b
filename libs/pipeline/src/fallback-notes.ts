import { type GatewayError, UpstreamError } from '@app/call';
import { type Route } from '@app/routing';

/**
 * The first error, with what was tried after it. Status, type and code stay those of the first.
 * @param last of the fallbacks; null where none was tried
 */
export function withFallbackNotes(
  first: GatewayError,
  group: string,
  fallbacks: readonly Route[],
  last: GatewayError | null,
): GatewayError {
  if (!(first instanceof UpstreamError) || fallbacks.length === 0) return first;
  const names = fallbacks.map(({ name }) => `'${name}'`).join(', ');
  const notes = [
    `${first.message}. Received Model Group=${group}`,
    `Available Model Group Fallbacks=[${names}]`,
    ...(last ? [`Error doing the fallback: ${last.message}`] : []),
  ];
  return new UpstreamError(first.status, notes.join('\n'), first.retryable, {
    ...first.details,
    type: first.type,
    cause: first,
  });
}
