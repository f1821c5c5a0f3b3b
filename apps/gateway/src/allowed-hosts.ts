import { type RequestHandler } from 'express';
import { GatewayError } from '@app/call';
import { type ConfigStore } from '@app/config';

/** Probes and scrapers come by address, whatever the gateway is called. */
const EXEMPT = /^\/(?:health(?:$|[/?])|metrics(?:$|\?))/;
const PORT = /:\d+$/;

/** Answers for the hosts that `general_settings.allowed_hosts` names, where it names any. */
export function allowedHosts(config: Pick<ConfigStore, 'current'>): RequestHandler {
  return (req, _res, next) => {
    const { allowedHosts: allowed } = config.current.general;
    if (allowed.length > 0 && !allowed.includes(hostIn(req.headers.host)) && !EXEMPT.test(req.originalUrl)) {
      throw new GatewayError(421, 'invalid_request_error', 'Nothing is answered here under this Host.');
    }
    next();
  };
}

const hostIn = (header = ''): string =>
  header
    .replace(PORT, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
