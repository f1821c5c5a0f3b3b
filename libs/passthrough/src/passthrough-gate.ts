import { Injectable } from '@nestjs/common';
import {
  ANONYMOUS,
  AuthenticationError,
  BadRequestError,
  type Call,
  type Caller,
  ClientAddresses,
  GatewayError,
  type GatewayRequest,
  parseJsonBody,
  PermissionError,
  readCall,
} from '@app/call';
import { type AppConfig, ConfigStore } from '@app/config';
import { allowsRoute, type CredentialReader, credentialReader, KeyAuthenticator } from '@app/keys';
import { RoutingService } from '@app/routing';
import { compileEndpoint, type Endpoint, findEndpoint, targetOf } from './endpoint.js';
import { forwardedHeaders } from './forwarded-headers.js';
import { type Peeked, peekModel } from './peek-model.js';
import { checkOrigin, handshakeHeaders, type UpgradeRequest } from './web-socket.js';

const KEY_IN_QUERY = /[?&](?:key|api_key|access_token|token)=sk-/;
const NO_BODY = parseJsonBody(Buffer.from('{}'));
const MAX_MODEL_LENGTH = 256;

interface Compiled {
  readonly config: AppConfig;
  readonly endpoints: readonly Endpoint[];
  readonly addresses: ClientAddresses;
  readonly readCredential: CredentialReader;
}

/** A request that may go, with its URL and headers already those for the backend. */
export interface Admitted {
  readonly call: Call;
  /** Every model that it names; none where none is seen. */
  readonly models: readonly string[];
  /** In place of the request's own body; null where that has not been read. */
  readonly body: Peeked['body'];
}

/** Decides which requests go straight to a backend, for whom, and as what. */
@Injectable()
export class PassthroughGate {
  #compiled: Compiled;

  constructor(
    private readonly config: ConfigStore,
    private readonly keys: KeyAuthenticator,
    private readonly routing: RoutingService,
  ) {
    this.#compiled = compile(config.current);
    config.onChange((next) => (this.#compiled = compile(next)));
  }

  /** The endpoint that takes a path; null where none does. */
  endpointFor(path: string): Endpoint | null {
    return findEndpoint(this.#compiled.endpoints, path);
  }

  /** Knows the caller, finds the target and the model, and makes the request the backend's. @throws GatewayError */
  async admit(
    endpoint: Endpoint,
    req: GatewayRequest & UpgradeRequest,
    signal: AbortSignal,
  ): Promise<Admitted> {
    const { general } = this.config.current;
    if (KEY_IN_QUERY.test(req.originalUrl)) {
      throw new BadRequestError(
        'A key in the query string is not accepted; send it in the Authorization header.',
        'key',
      );
    }
    req.caller = await this.#callerOf(endpoint, req);
    if (req.upgradeHead) checkOrigin(req, req.caller.kind !== ANONYMOUS.kind);
    const [path, query] = splitUrl(req.originalUrl);
    const target = targetOf(endpoint, path, query);
    const { basePath, entry } = endpoint;
    const below = path.slice(entry.path.length);
    const maxBytes = general.maxRequestBytes;
    const isModel = (name: string): boolean => this.routing.knows(name);
    const peeked = await peekModel(req, req.caller, { basePath, below, maxBytes, isModel });
    const call: Call = {
      ...readCall(
        req,
        {
          type: 'pass_through_endpoint',
          upstreamPath: target.split('?')[0] ?? '/',
          model: (peeked.models[0] ?? 'unknown').slice(0, MAX_MODEL_LENGTH),
          body: NO_BODY,
          bodyBytes: peeked.bodyBytes,
          stream: false,
          wantsUsage: false,
          clientAddress: this.#compiled.addresses.of(req),
          signal,
        },
        general.userHeaderName,
      ),
      route: entry.path,
    };
    for (const model of peeked.models) this.#checkModel({ ...call, model });
    const handshake = req.upgradeHead ? handshakeHeaders(req.headers) : {};
    const forwarded = forwardedHeaders(req.headers, {
      forwardHeaders: entry.forwardHeaders,
      headers: entry.headers,
      keyHeaderName: general.keyHeaderName,
    });
    req.headers = { ...forwarded, ...handshake };
    req.url = target;
    return { call, models: peeked.models, body: peeked.body };
  }

  async #callerOf({ entry }: Endpoint, req: GatewayRequest): Promise<Caller> {
    const credential = this.#compiled.readCredential(req.rawHeaders);
    if (credential === null) {
      if (entry.auth) throw new AuthenticationError('Authentication Error, No api key passed in.');
      return ANONYMOUS;
    }
    try {
      const caller = this.keys.recall(credential) ?? (await this.keys.lookUp(credential));
      if (allowsRoute(caller.allowedRoutes, { template: entry.path, access: 'inference' })) return caller;
    } catch (error) {
      // Programs send something as a key where they cannot do without: an open route asks for none.
      if (entry.auth || !(error instanceof AuthenticationError)) throw error;
      return ANONYMOUS;
    }
    throw new PermissionError(`Virtual key is not allowed to call this route: ${entry.path}.`);
  }

  /**
   * Models behind a pass-through need not be ours; those of a key must be among its own all the same. Its aliases lead
   * nowhere there: the backend is told the name as the client wrote it.
   */
  #checkModel(call: Call): void {
    try {
      this.routing.plan({ ...call, caller: { ...call.caller, aliases: {} } });
    } catch (error) {
      if (error instanceof PermissionError) throw error;
      if (!(error instanceof GatewayError)) throw error;
    }
  }
}

function compile(config: AppConfig): Compiled {
  const { passThroughEndpoints, trustedProxies, keyHeaderName } = config.general;
  return {
    config,
    endpoints: passThroughEndpoints.map(compileEndpoint),
    addresses: new ClientAddresses(trustedProxies),
    readCredential: credentialReader(keyHeaderName),
  };
}

function splitUrl(url: string): readonly [path: string, query: string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at)];
}
