/** Extras that an error adds to its reply. */
export interface ErrorExtras {
  readonly headers?: Readonly<Record<string, string>>;
  /** Members added to the `error` object, such as `n_ctx`. */
  readonly members?: Readonly<Record<string, string | number>>;
  readonly cause?: unknown;
}

/**
 * The one error of the gateway. The filter of the app writes it as
 * `{"error":{"message","type","param","code"}}` with `status`.
 */
export class GatewayError extends Error {
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, string | number>>;

  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
    readonly details: ErrorExtras & { readonly param?: string | null; readonly code?: string | null } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = new.target.name;
    this.headers = details.headers ?? {};
    this.members = details.members ?? {};
  }

  get param(): string | null {
    return this.details.param ?? null;
  }

  get code(): string {
    return this.details.code ?? String(this.status);
  }
}

/** 400: the request cannot be understood or may not say what it says. */
export class BadRequestError extends GatewayError {
  constructor(message: string, param: string | null = null, extras: ErrorExtras = {}) {
    super(400, 'invalid_request_error', message, { ...extras, param });
  }
}

/** 401: no credential, or one that is not valid. `type` as in the contract: `auth_error`, `expired_key`, … */
export class AuthenticationError extends GatewayError {
  constructor(message: string, type = 'auth_error', param: string | null = null) {
    super(401, type, message, { param, headers: { 'www-authenticate': 'Bearer' } });
  }
}

/** 403: a valid credential without the right. */
export class PermissionError extends GatewayError {
  constructor(message: string, type = 'auth_error', param: string | null = null) {
    super(403, type, message, { param });
  }
}

/** 403: the role of the caller does not open this route. */
export class RouteRightError extends PermissionError {}

/** 404 */
export class NotFoundError extends GatewayError {
  constructor(message: string, param: string | null = null) {
    super(404, 'not_found_error', message, { param });
  }
}

/** 405; `methods` are those that the route takes. */
export class MethodNotAllowedError extends GatewayError {
  constructor(message: string, methods: readonly string[] = []) {
    super(405, 'invalid_request_error', message, {
      headers: methods.length > 0 ? { allow: methods.join(', ') } : {},
    });
  }
}

/** 408: the client sends its request too slowly. */
export class SlowRequestError extends GatewayError {
  constructor() {
    super(408, 'invalid_request_error', 'The request body arrived too slowly.', {
      headers: { connection: 'close' },
    });
  }
}

/** 409 */
export class ConflictError extends GatewayError {
  constructor(message: string, param: string | null = null) {
    super(409, 'conflict_error', message, { param });
  }
}

/** 413: more bytes than this route accepts. */
export class PayloadTooLargeError extends GatewayError {
  constructor(limitBytes: number) {
    super(413, 'invalid_request_error', `The request body is larger than ${limitBytes} bytes.`, {
      headers: { connection: 'close' },
    });
  }
}

/** 415 */
export class UnsupportedMediaTypeError extends GatewayError {
  constructor(message: string) {
    super(415, 'invalid_request_error', message);
  }
}

/** 429: the money is spent. Retrying does not help, and the SDKs are told so. */
export class BudgetExceededError extends GatewayError {
  constructor(message: string, headers: Readonly<Record<string, string>> = {}) {
    super(429, 'budget_exceeded', message, { headers: { ...headers, 'x-should-retry': 'false' } });
  }
}

/** 429: too many requests, tokens or parallel calls; retry after `retryAfterSeconds`. */
export class RateLimitError extends GatewayError {
  constructor(message: string, retryAfterSeconds: number, headers: Readonly<Record<string, string>> = {}) {
    super(429, 'throttling_error', message, {
      code: 'rate_limit_exceeded',
      headers: { ...headers, 'retry-after': String(retryAfterSeconds) },
    });
  }
}

/** 499: the client left before its answer was complete. Seen in rows and metrics only. */
export class ClientClosedRequestError extends GatewayError {
  constructor() {
    super(499, 'client_closed_request', 'The client closed the connection.');
  }
}

/** 503: this gateway cannot serve now; `retryAfterSeconds` says when to come back. */
export class UnavailableError extends GatewayError {
  constructor(message: string, type = 'service_unavailable', retryAfterSeconds = 1) {
    super(503, type, message, { headers: { 'retry-after': String(retryAfterSeconds) } });
  }
}

/**
 * The upstream failed. Status as the client shall see it: the upstream's own, 502 unreachable or
 * unreadable, 504 silent. `retryable` is decided where the error is made; nobody else judges statuses.
 */
export class UpstreamError extends GatewayError {
  constructor(
    status: number,
    message: string,
    readonly retryable: boolean,
    details: ErrorExtras & {
      readonly type?: string;
      readonly param?: string | null;
      readonly code?: string | null;
    } = {},
  ) {
    super(status, details.type ?? 'upstream_error', message, details);
  }
}
