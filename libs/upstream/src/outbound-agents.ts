import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import { gatedLookup, mayConnectTo } from './outbound-gate.js';

/** Connections for proxied requests: judged like every other one, and used once. */
export interface OutboundAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

export function outboundAgents(allowPrivate: boolean): OutboundAgents {
  const lookup = gatedLookup(allowPrivate);
  return {
    http: new HttpAgent({ keepAlive: false, lookup }),
    https: new HttpsAgent({ keepAlive: false, lookup }),
  };
}

/** Whether a host may be reached; a name is judged when it is resolved. */
export function mayReach(hostname: string, allowPrivate: boolean): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 || mayConnectTo(host, allowPrivate);
}
