import { type GatewayError } from '@app/call';
import { paths } from './paths.js';
import { type PageRequest } from './visitor.js';

const HEADINGS: Readonly<Record<number, string>> = {
  400: 'This cannot be done as asked',
  403: 'This is not allowed',
  404: 'There is nothing here',
  408: 'The form arrived too slowly',
  409: 'Somebody was faster',
  413: 'This is too large',
  415: 'This form cannot be read',
  429: 'Not so fast',
  503: 'The database is not available',
};

const ADVICE: Readonly<Record<number, string>> = {
  404: 'It may have been deleted, or the address is cut off.',
  503: 'Calls of known keys go on, and nothing that was spent is lost. Pages that read the database come back with it; try again in a moment.',
};

/** The words of the error page. */
export function errorView(error: GatewayError, req: PageRequest): object {
  const now = new Date();
  return {
    heading: HEADINGS[error.status] ?? 'Something broke here',
    statusText: String(error.status),
    method: req.method,
    path: (req.url.split('?')[0] ?? '').slice(0, 200),
    message: error.message,
    advice: ADVICE[error.status] ?? '',
    requestId: req.callId,
    nowIso: now.toISOString(),
    nowText: `${now.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    back: {
      href: req.visitor ? paths.home : paths.login,
      label: req.visitor?.isAdmin ? 'Open overview' : 'Back',
    },
  };
}
