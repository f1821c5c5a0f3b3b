import { UnavailableError } from '@app/call';

/** SQLSTATEs that say nothing about the statement, only that the server cannot take it now. */
const CONNECTION_STATES = new Set(['53300', '57P01', '57P02', '57P03', '57P05']);

/** As above, for what a server that is up may still refuse: read-only, disk full, too slow, locked. */
const UNABLE_STATES = new Set(['25006', '53000', '53100', '53200', '55P03', '57014', '58030']);

const SOCKET_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EMFILE',
]);

/** pg, pg-pool and TypeORM report these without a code. */
const MESSAGES = [
  'Connection terminated',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Query read timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Driver not Connected',
  'Query runner already released',
  'Cannot use a pool after calling end on the pool',
];

/** True when the database could not be reached or went away: nothing is known to be wrong with the query. */
export function isConnectionFailure(error: unknown): boolean {
  return anyCause(error, (code, message) => {
    if (CONNECTION_STATES.has(code) || SOCKET_ERRORS.has(code) || /^08[0-9A-Z]{3}$/.test(code)) return true;
    return MESSAGES.some((known) => message.startsWith(known));
  });
}

/**
 * The 503 that stands for a database that is away, read-only, full or too slow; null for any other
 * error. The message names no host and no statement.
 */
export function unavailableFrom(error: unknown): UnavailableError | null {
  if (!isConnectionFailure(error) && !anyCause(error, (code) => UNABLE_STATES.has(code))) return null;
  const unavailable = databaseUnavailable();
  unavailable.cause = error;
  return unavailable;
}

/** The same 503, for who knows without asking: before the first connect, or when a turn has not come in time. */
export const databaseUnavailable = (): UnavailableError =>
  new UnavailableError('The database is not available. Try again shortly.');

/** Walks QueryFailedError.driverError, AggregateError.errors (dual-stack connects) and cause. */
function anyCause(error: unknown, matches: (code: string, message: string) => boolean, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 4) return false;
  const { code, message, driverError, errors, cause } = error as Record<string, unknown>;
  if (matches(textOf(code), textOf(message))) return true;
  const inner = [driverError, cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  return inner.some((candidate) => anyCause(candidate, matches, depth + 1));
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
