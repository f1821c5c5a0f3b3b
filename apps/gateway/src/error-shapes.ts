import { type GatewayError } from '@app/call';

/** How errors are written on the routes of one protocol. */
interface ErrorShape {
  /** The body of a reply. */
  body(error: GatewayError): object;
  /** The last event of a stream that has begun. */
  event(error: GatewayError): string;
}

const plainBody = ({ message, type, param, code, members }: GatewayError): { error: object } => ({
  error: { message, type, param, code, ...members },
});

/** The one shape of all routes but those below. */
const PLAIN: ErrorShape = {
  body: plainBody,
  event: (error) => `data: ${JSON.stringify(plainBody(error))}\n\n`,
};

/** Anthropic's names for what may go wrong, by status. */
const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

function anthropicType({ status, type }: GatewayError): string {
  if (type === 'budget_exceeded') return 'billing_error';
  return ANTHROPIC_TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
}

function anthropicBody(error: GatewayError): object {
  const { message, param, code, members } = error;
  return { type: 'error', error: { type: anthropicType(error), message, param, code, ...members } };
}

/** Anthropic's, with the members of the plain shape beside its own: clients of either find theirs. */
const ANTHROPIC: ErrorShape = {
  body: anthropicBody,
  event: (error) => `event: error\ndata: ${JSON.stringify(anthropicBody(error))}\n\n`,
};

/** Replies are plain; in a stream OpenAI's SDKs look for `error`, and for the event of that name. */
const RESPONSES: ErrorShape = {
  body: plainBody,
  event: (error) => {
    const { message, param, code } = error;
    const data = { type: 'error', code, message, param, ...plainBody(error) };
    return `event: error\ndata: ${JSON.stringify(data)}\n\n`;
  },
};

/** @param url of the request, as sent */
export function errorShapeOf(url: string | undefined): ErrorShape {
  const path = url?.split('?', 1)[0] ?? '';
  if (path === '/v1/messages' || path.startsWith('/v1/messages/')) return ANTHROPIC;
  return path.endsWith('/responses') ? RESPONSES : PLAIN;
}
