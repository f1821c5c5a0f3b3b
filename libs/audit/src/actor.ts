import { createParamDecorator, type ExecutionContext, Injectable, type PipeTransform } from '@nestjs/common';
import { type Caller, ClientAddresses, type GatewayRequest } from '@app/call';
import { ConfigStore } from '@app/config';

/** Who does something, and from where. */
export interface Actor {
  readonly caller: Caller;
  /** The client's address, behind trusted proxies that of X-Forwarded-For. */
  readonly address: string;
  /** What the client says in `litellm-changed-by`: a claim, not a fact. */
  readonly changedBy: string | null;
}

const MAX_CLAIM = 256;
const UNPRINTABLE = /[^\x20-\x7e]/g;

@Injectable()
class ActorPipe implements PipeTransform<GatewayRequest, Actor> {
  private addresses: ClientAddresses;

  constructor(config: ConfigStore) {
    this.addresses = new ClientAddresses(config.current.general.trustedProxies);
    config.onChange((next) => (this.addresses = new ClientAddresses(next.general.trustedProxies)));
  }

  transform(request: GatewayRequest): Actor {
    const claim = String(request.headers['litellm-changed-by'] ?? '').replace(UNPRINTABLE, '?');
    return {
      caller: request.caller,
      address: this.addresses.of(request),
      changedBy: claim === '' ? null : claim.slice(0, MAX_CLAIM),
    };
  }
}

const RequestOf = createParamDecorator((_: unknown, context: ExecutionContext): GatewayRequest =>
  context.switchToHttp().getRequest<GatewayRequest>(),
);

/** The {@link Actor} of a management request: `@CurrentActor() actor: Actor`. */
export const CurrentActor = (): ParameterDecorator => RequestOf(ActorPipe);
