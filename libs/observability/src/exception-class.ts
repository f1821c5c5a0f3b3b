const CLASSES: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  401: 'AuthenticationError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
  408: 'Timeout',
  413: 'BadRequestError',
  422: 'UnprocessableEntityError',
  429: 'RateLimitError',
  500: 'InternalServerError',
  502: 'BadGatewayError',
  503: 'ServiceUnavailableError',
  504: 'Timeout',
};

/** `Openai.RateLimitError`: the provider, where one was asked, and the kind of failure by its status. */
export function exceptionClass(provider: string | null, status: number): string {
  const name = CLASSES[status] ?? 'APIError';
  return provider === null ? name : `${provider.charAt(0).toUpperCase()}${provider.slice(1)}.${name}`;
}
