import { type IncomingMessage } from 'node:http';

const NAME = 'gateway-session';
/** Browsers take a cookie with this prefix over TLS only, from this host alone and for all of it (RFC 6265bis). */
const SECURE_NAME = `__Host-${NAME}`;
const ID = /^[A-Za-z0-9_-]{43}$/;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Whether the browser speaks TLS with us or with the proxy before us. */
export function isSecure({ headers }: IncomingMessage): boolean {
  const [forwarded = ''] = String(headers['x-forwarded-proto'] ?? '').split(',');
  return forwarded.trim().toLowerCase() === 'https' || (headers.origin ?? '').startsWith('https://');
}

/** Whether the browser runs on this machine: what it sends crosses no network. */
export function isLocal({ headers }: IncomingMessage): boolean {
  return LOOPBACK.test(headers.host ?? '');
}

/** The id of the session; null where the cookie is missing, sent twice, or none that we could have made. */
export function sessionIdIn(req: IncomingMessage): string | null {
  return idIn(req, SECURE_NAME) ?? (isSecure(req) ? null : idIn(req, NAME));
}

function idIn(req: IncomingMessage, name: string): string | null {
  const values = cookiesIn(req, name);
  const [value] = values;
  return values.length === 1 && value !== undefined && ID.test(value) ? value : null;
}

/** The values of a cookie, in the order sent. */
export function cookiesIn({ headers }: IncomingMessage, name: string): string[] {
  return (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}

/** The `Set-Cookie` lines that begin a session. */
export function sessionCookie(req: IncomingMessage, id: string): string[] {
  if (isSecure(req)) return [`${SECURE_NAME}=${id}; Path=/; Secure; HttpOnly; SameSite=Strict`];
  return [`${NAME}=${id}; Path=/; HttpOnly; SameSite=Strict`];
}

/** The lines that end it, under either name. */
export function endOfSessionCookie(): string[] {
  const gone = 'Path=/; HttpOnly; SameSite=Strict; Max-Age=0';
  return [`${SECURE_NAME}=; ${gone}; Secure`, `${NAME}=; ${gone}`];
}
