import { type IncomingMessage } from 'node:http';
import { PermissionError } from '@app/call';

/**
 * Refuses a change that another site's page asks for. Browsers name the relation of the two sites
 * (Fetch Metadata) or at least the origin; a request that tells neither comes from no browser of today.
 * @throws PermissionError
 */
export function requireSameOrigin({ headers }: IncomingMessage): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') throw crossSite();
  const { origin } = headers;
  if (origin === undefined) {
    if (site === undefined) throw crossSite();
    return;
  }
  if (hostOf(origin) !== headers.host?.toLowerCase()) throw crossSite();
}

function hostOf(origin: string): string | null {
  const match = /^https?:\/\/([^/]+)$/i.exec(origin);
  return match?.[1]?.toLowerCase() ?? null;
}

const crossSite = (): PermissionError =>
  new PermissionError(
    'This change was asked for by another site, so nothing was done.',
    'cross_site_request',
  );
