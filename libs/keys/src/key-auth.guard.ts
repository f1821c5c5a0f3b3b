import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  ACCESS_CLASS,
  type AccessClass,
  ANONYMOUS,
  AuthenticationError,
  BadRequestError,
  type Caller,
  type GatewayRequest,
  PermissionError,
} from '@app/call';
import { type AppConfig, ConfigStore } from '@app/config';
import { allowsRoute, isPublicRoute, type Route } from './allowed-routes.js';
import { BearerStrategy } from './bearer.strategy.js';
import { type CredentialReader, credentialReader } from './credential.js';
import { KeyAuthenticator } from './key-authenticator.js';
import { routeRefused } from './key-rights.js';

type Handler = ReturnType<ExecutionContext['getHandler']>;

/** What is known of a matched route before any request. */
interface Rule extends Route {
  /** Needs no credential; one that is sent must be valid all the same, unless the route is `public`. */
  readonly open: boolean;
}

/** What follows from one configuration; made anew when it is swapped. */
interface Compiled {
  readonly config: AppConfig;
  readonly readCredential: CredentialReader;
  readonly rules: Map<Handler, Map<string, Rule>>;
}

/**
 * Decides who calls and whether they may, before anything of the request is read. Closed by default: a
 * handler without {@link Access} answers 403. A caller in memory is decided without waiting.
 */
@Injectable()
export class KeyAuthGuard implements CanActivate {
  private compiled: Compiled;

  constructor(
    private readonly reflector: Reflector,
    private readonly config: ConfigStore,
    private readonly authenticator: KeyAuthenticator,
    private readonly strategy: BearerStrategy,
  ) {
    this.compiled = compile(config.current);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.compiled.config !== this.config.current) this.compiled = compile(this.config.current);
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const rule = this.ruleOf(context.getHandler(), request);
    if (rule.access === 'public') return this.recognise(request);
    const credential = this.compiled.readCredential(request.rawHeaders);
    if (rule.access === 'inference') refuseKeyInQuery(request.url, credential !== null);
    if (credential === null) {
      if (!rule.open) throw new AuthenticationError('Authentication Error, No api key passed in.');
      request.caller = ANONYMOUS;
      return true;
    }
    const caller = this.authenticator.recall(credential);
    if (caller) return admit(request, rule, caller);
    return this.strategy.verify(credential).then((found) => admit(request, rule, found));
  }

  /** On a public route a valid credential is honoured and an invalid one is nobody's. */
  private recognise(request: GatewayRequest): boolean | Promise<boolean> {
    request.caller = ANONYMOUS;
    try {
      const credential = this.compiled.readCredential(request.rawHeaders);
      if (credential === null) return true;
      const caller = this.authenticator.recall(credential);
      if (!caller)
        return this.strategy.verify(credential).then(
          (found) => greet(request, found),
          () => true,
        );
      return greet(request, caller);
    } catch {
      return true;
    }
  }

  private ruleOf(handler: Handler, request: GatewayRequest): Rule {
    const { path: template } = request.route as { path: string };
    let byTemplate = this.compiled.rules.get(handler);
    if (!byTemplate) this.compiled.rules.set(handler, (byTemplate = new Map<string, Rule>()));
    let rule = byTemplate.get(template);
    if (!rule) byTemplate.set(template, (rule = this.makeRule(handler, template)));
    return rule;
  }

  private makeRule(handler: Handler, template: string): Rule {
    const access = this.reflector.get<AccessClass | undefined>(ACCESS_CLASS, handler);
    if (!access) throw new PermissionError('This route is closed: it declares no access class.');
    const { publicRoutes } = this.compiled.config.general;
    return { template, access, open: access !== 'admin' && isPublicRoute(publicRoutes, template) };
  }
}

function compile(config: AppConfig): Compiled {
  return { config, readCredential: credentialReader(config.general.keyHeaderName), rules: new Map() };
}

function greet(request: GatewayRequest, caller: Caller): boolean {
  request.caller = caller;
  return true;
}

function admit(request: GatewayRequest, rule: Rule, caller: Caller): boolean {
  if (rule.access === 'admin' && !isAdmin(caller, request.method)) throw routeRefused(caller, rule.template);
  if (caller.allowedRoutes.length > 0 && !allowsRoute(caller.allowedRoutes, rule))
    throw narrowed(caller, rule);
  request.caller = caller;
  return true;
}

function isAdmin(caller: Caller, method: string): boolean {
  if (caller.role === 'proxy_admin') return true;
  return caller.role === 'proxy_admin_viewer' && (method === 'GET' || method === 'HEAD');
}

const KEY_IN_QUERY = /[?&]key=/;

/** URLs end up in logs of proxies and browsers, so a key in one is refused rather than honoured. */
function refuseKeyInQuery(url: string, hasCredential: boolean): void {
  if (!url.includes('?') || !KEY_IN_QUERY.test(url)) return;
  const hint = 'A key in the query string is not accepted; send it in the Authorization header.';
  if (hasCredential) throw new BadRequestError(hint, 'key');
  throw new AuthenticationError(`Authentication Error, No api key passed in. ${hint}`);
}

function narrowed({ allowedRoutes }: Caller, { template }: Rule): PermissionError {
  const routes = allowedRoutes.map((route) => `'${route}'`).join(', ');
  return new PermissionError(
    `Virtual key is not allowed to call this route. Only allowed to call routes: [${routes}]. Tried to call route: ${template}`,
  );
}
