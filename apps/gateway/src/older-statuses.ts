import { GatewayError, RouteRightError } from '@app/call';

/** What LiteLLM 1.81 answered where later versions answer otherwise, by the type of the error. */
const BY_TYPE: Readonly<Record<string, number>> = {
  budget_exceeded: 400,
  expired_key: 400,
  key_model_access_denied: 401,
  team_model_access_denied: 401,
  user_model_access_denied: 401,
  upstream_timeout: 408,
};
const UNREACHABLE = { status: 502, message: /^Connection error: /m, older: 500 } as const;

/**
 * The error with the status of LiteLLM 1.81, for scripts that were written for it: `general_settings.compat`.
 * Rows and metrics keep the status of today.
 */
export function withOlderStatus(error: GatewayError): GatewayError {
  const status = olderStatusOf(error);
  if (status === error.status) return error;
  const { type, message, param, members, details } = error;
  const code = details.code ?? String(status);
  return new GatewayError(status, type, message, { param, code, members, headers: headersOf(error, status) });
}

function olderStatusOf(error: GatewayError): number {
  if (error instanceof RouteRightError) return 401;
  if (error.status === UNREACHABLE.status && UNREACHABLE.message.test(error.message))
    return UNREACHABLE.older;
  return (Object.hasOwn(BY_TYPE, error.type) ? BY_TYPE[error.type] : undefined) ?? error.status;
}

/** A challenge belongs to 401 alone. */
function headersOf({ headers }: GatewayError, status: number): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => name !== 'www-authenticate');
  return { ...Object.fromEntries(kept), ...(status === 401 && { 'www-authenticate': 'Bearer' }) };
}
