import { createHash, timingSafeEqual } from 'node:crypto';
import { Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import {
  Access,
  AuthenticationError,
  ClientAddresses,
  GATEWAY_VERSION,
  PermissionError,
  RateLimitError,
} from '@app/call';
import { ConfigStore } from '@app/config';
import { DatabaseService } from '@app/database';
import { KeyAuthenticator, SessionStore } from '@app/keys';
import { LoginLimiter } from './login-limiter.js';
import { OpenTo } from './page-access.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages, queryOf } from './pages.js';
import { paths, safeNext } from './paths.js';
import { endOfSessionCookie, isLocal, isSecure, sessionCookie, sessionIdIn } from './session-cookie.js';
import { mayOpenPages, type PageRequest, type Visit } from './visitor.js';

const MAX_KEY_LENGTH = 1_000;

/** Signing in and out. */
@Pages()
export class LoginController {
  private readonly limiter = new LoginLimiter();

  @Inject(DatabaseService)
  private readonly database!: DatabaseService;

  constructor(
    private readonly config: ConfigStore,
    private readonly authenticator: KeyAuthenticator,
    private readonly sessions: SessionStore,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/login')
  @Access('public')
  @OpenTo('anybody')
  show(@Req() req: PageRequest, @Res() res: ServerResponse): void {
    const next = safeNext(queryOf(req).get('next'));
    if (req.visitor) this.writer.redirect(res, next);
    else this.form(req, res, { next, isFirst: true });
  }

  @Post('ui/login')
  @HttpCode(200)
  @Access('public')
  @OpenTo('anybody')
  async signIn(@Req() req: PageRequest, @Res() res: ServerResponse): Promise<void> {
    const next = safeNext(req.form?.text('next') ?? null);
    try {
      this.requirePrivateConnection(req);
      const keyHash = await this.keyHashOf(req);
      const previous = sessionIdIn(req);
      if (previous !== null) await this.sessions.end(previous).catch(() => undefined);
      const id = await this.sessions.begin(keyHash);
      res.setHeader('set-cookie', sessionCookie(req, id));
      this.writer.redirect(res, next);
    } catch (error) {
      if (!(
        error instanceof AuthenticationError ||
        error instanceof RateLimitError ||
        error instanceof PermissionError
      ))
        throw error;
      this.form(req, res, { next, status: error.status, error: error.message });
    }
  }

  @Post('ui/logout')
  @Access('public')
  @OpenTo('holder')
  async signOut(@CurrentVisit() { res, visitor }: Visit): Promise<void> {
    await this.sessions.end(visitor.sessionId).catch(() => undefined);
    res.setHeader('set-cookie', endOfSessionCookie());
    res.setHeader('clear-site-data', '"cache"');
    this.writer.redirect(res, paths.login);
  }

  /** The hash of a key that may sign in. @throws AuthenticationError in words that tell nothing about the key */
  private async keyHashOf(req: PageRequest): Promise<string> {
    const address = new ClientAddresses(this.config.current.general.trustedProxies).of(req);
    this.limiter.begin(address);
    const key = req.form?.text('key') ?? '';
    const { ui, masterKey } = this.config.current;
    const isPassword = ui.password !== null && sameText(key, ui.password.reveal());
    const keyHash = sha256(isPassword ? masterKey.reveal() : key);
    try {
      if (key === '' || key.length > MAX_KEY_LENGTH) throw new AuthenticationError('');
      const caller = await this.authenticator.callerOf(keyHash);
      this.limiter.succeeded(address);
      if (mayOpenPages(caller)) return keyHash;
      throw new PermissionError('This key is limited to some routes, and pages are not among them.');
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      throw new AuthenticationError(
        'This key is not valid here. Check that it is whole and not blocked or expired.',
      );
    }
  }

  private requirePrivateConnection(req: PageRequest): void {
    if (isSecure(req) || isLocal(req) || this.config.current.ui.allowHttp) return;
    throw new PermissionError(
      'This connection is not encrypted, so a key typed here could be read on the way. Open the page over https, ' +
        'or set UI_ALLOW_HTTP=true if the network is yours alone.',
    );
  }

  private form(
    req: PageRequest,
    res: ServerResponse,
    { next, status, ...rest }: { next: string; status?: number; error?: string; isFirst?: boolean },
  ): void {
    this.writer.send({ req, res }, 'login', {
      title: 'Sign in',
      httpStatus: status ?? 200,
      action: paths.login,
      next: next === paths.home ? '' : next,
      version: GATEWAY_VERSION,
      isDatabaseReady: this.database.ready,
      ...rest,
    });
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const sameText = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(sha256(one)), Buffer.from(sha256(other)));
