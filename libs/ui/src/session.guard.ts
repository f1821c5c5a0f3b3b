import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type ServerResponse } from 'node:http';
import { AuthenticationError, BadRequestError, NotFoundError, PermissionError } from '@app/call';
import { KeyAuthenticator, SessionStore } from '@app/keys';
import { csrfTokenOf } from './csrf-token.js';
import { setPageHeaders } from './page-headers.js';
import { OWN_BODY, PAGE_ACCESS, type PageAccess } from './page-access.js';
import { paths } from './paths.js';
import { readForm } from './read-form.js';
import { requireSameOrigin } from './same-origin.js';
import { sessionIdIn } from './session-cookie.js';
import { SignInError } from './sign-in.error.js';
import { mayOpenPages, type PageRequest, type Visitor, visitorOf } from './visitor.js';

/**
 * Stands before every page: who looks, whether they may, and, for a change, whether the page that asks for it
 * is ours and of this session. A page that says nothing is open to administrators alone.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly sessions: SessionStore,
    private readonly authenticator: KeyAuthenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const req = http.getRequest<PageRequest>();
    setPageHeaders(http.getResponse<ServerResponse>());
    refuseKeyInAddress(req);
    const access = this.reflector.get<PageAccess | undefined>(PAGE_ACCESS, context.getHandler()) ?? 'admin';
    const isChange = req.method !== 'GET' && req.method !== 'HEAD';
    if (isChange) requireSameOrigin(req);
    const visitor = await this.visitorIn(req);
    if (!visitor && access !== 'anybody') throw new SignInError(isChange ? paths.home : req.url);
    if (visitor) {
      req.visitor = visitor;
      req.caller = visitor.caller;
      if (access === 'admin') requireAdmin(visitor, isChange);
    }
    if (!isChange) return true;
    const ownBody = this.reflector.get<string | undefined>(OWN_BODY, context.getHandler());
    if (ownBody === 'token in the body') return true;
    if (ownBody === undefined) req.form = await readForm(req);
    const sent = req.form?.text('csrf') ?? String(req.headers['x-csrf-token'] ?? '');
    if (visitor && access !== 'anybody') requireToken(sent, visitor.csrf);
    return true;
  }

  private async visitorIn(req: PageRequest): Promise<Visitor | null> {
    const id = sessionIdIn(req);
    const session = id === null ? null : await this.sessions.find(id);
    if (id === null || !session) return null;
    try {
      const caller = await this.authenticator.callerOf(session.keyHash);
      if (mayOpenPages(caller)) return visitorOf(caller, id, csrfTokenOf(id));
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
    }
    await this.sessions.end(id);
    return null;
  }
}

/** Addresses end up in histories and logs. */
function refuseKeyInAddress({ url }: PageRequest): void {
  if (/[?&](?:key|token|api_key|password)=/i.test(url)) {
    throw new BadRequestError('A key does not belong into an address. Sign in with the form.', 'key');
  }
}

function requireAdmin(visitor: Visitor, isChange: boolean): void {
  // For somebody else's key a page of administration does not exist.
  if (!visitor.isAdmin) throw new NotFoundError('There is no such page.');
  if (isChange && !visitor.mayWrite)
    throw new PermissionError('You may look at everything, and change nothing.');
}

/** @throws PermissionError for a form of another session */
export function requireToken(sent: string, expected: string): void {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (timingSafeEqual(digest(sent), digest(expected))) return;
  throw new PermissionError(
    'This form is of an earlier session, so nothing was done. Open the page again and repeat it.',
    'stale_form',
  );
}
