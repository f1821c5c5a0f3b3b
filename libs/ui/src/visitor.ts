import { type ServerResponse } from 'node:http';
import { type Caller, type GatewayRequest } from '@app/call';
import { allowsRoute } from '@app/keys';
import { type Form } from './read-form.js';

/** Who looks at a page. */
export interface Visitor {
  readonly caller: Caller;
  readonly sessionId: string;
  /** What every form of this session carries. */
  readonly csrf: string;
  /** Sees everything. */
  readonly isAdmin: boolean;
  /** May change things; an administrator who only looks may not. */
  readonly mayWrite: boolean;
}

/** A request below `/ui`; the session guard fills in the rest. */
export interface PageRequest extends GatewayRequest {
  visitor?: Visitor;
  form?: Form;
}

/** One request for a page, with everything its controller needs. */
export interface Visit {
  readonly req: PageRequest;
  readonly res: ServerResponse;
  readonly query: URLSearchParams;
  /** Empty where nothing was posted. */
  readonly form: Form;
  readonly visitor: Visitor;
}

export function visitorOf(caller: Caller, sessionId: string, csrf: string): Visitor {
  const isAdmin = caller.role === 'proxy_admin' || caller.role === 'proxy_admin_viewer';
  return { caller, sessionId, csrf, isAdmin, mayWrite: caller.role === 'proxy_admin' };
}

/** A key that is limited to some routes opens pages only where `/ui` is among them: with pages goes what they can do. */
export const mayOpenPages = ({ allowedRoutes }: Caller): boolean =>
  allowsRoute(allowedRoutes, { template: '/ui', access: 'public' });
