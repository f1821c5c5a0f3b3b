import { type AppConfig } from '@app/config';

/** The port is taken, or may not be used. */
export class ListenError extends Error {}

/** What people can do about it, where they can do something; else the error as it is. */
export function listenErrorOf(error: unknown, { host, port }: Pick<AppConfig, 'host' | 'port'>): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE') {
    return new ListenError(
      `Port ${port} on ${host} is taken: stop what uses it, or set PORT to another one.`,
    );
  }
  if (code === 'EACCES')
    return new ListenError(`Port ${port} may not be used by this user: set PORT to one above 1023.`);
  if (code === 'ENOTSUP') {
    return new ListenError('Several processes cannot share a port on this system: set WORKERS to 1.');
  }
  return error;
}
