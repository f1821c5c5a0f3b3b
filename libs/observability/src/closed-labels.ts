const STATUSES = new Set([
  200, 400, 401, 402, 403, 404, 408, 409, 413, 415, 422, 425, 429, 499, 500, 501, 502, 503, 504,
]);
const STATUS_TEXT: ReadonlyMap<number, string> = new Map(
  [...STATUSES].map((status) => [status, `${status}`]),
);

const ERROR_TYPES = new Set([
  'accounting_unavailable',
  'auth_error',
  'budget_exceeded',
  'exceed_context_size_error',
  'internal_server_error',
  'invalid_request_error',
  'key_model_access_denied',
  'not_found_error',
  'service_unavailable',
  'throttling_error',
  'upstream_error',
  'upstream_timeout',
]);

/** The status itself where it is one that is known, else its class: an upstream may answer with any number. */
export function statusLabel(status: number): string {
  return STATUS_TEXT.get(status) ?? `${Math.floor(status / 100)}xx`;
}

/** Upstreams name their errors as they like; what is not known counts as `other`. */
export function errorLabel(type: string | null): string {
  return type !== null && ERROR_TYPES.has(type) ? type : 'other';
}
