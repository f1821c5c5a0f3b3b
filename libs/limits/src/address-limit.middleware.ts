import { type ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { addCommonHeaders, ClientAddresses, type GatewayRequest, RateLimitError } from '@app/call';
import { type AppConfig, ConfigStore } from '@app/config';
import { AddressLimiter } from './address-limiter.js';

/** Who asks after our health is not to be turned away. */
const EXEMPT = /^\/(?:health(?:$|[/?])|metrics(?:$|\?))/;

/** Refuses who sends too many requests, before anything of them is read. */
@Injectable()
export class AddressLimitMiddleware {
  #limiter: AddressLimiter | null = null;
  #addresses = new ClientAddresses([]);
  #rate: AppConfig['general']['clientRateLimit'] = null;

  constructor(config: ConfigStore) {
    this.#configure(config.current);
    config.onChange((next) => this.#configure(next));
  }

  /** Express middleware, for every path. @throws RateLimitError */
  readonly use = (req: GatewayRequest, res: ServerResponse, next: () => void): void => {
    if (!this.#limiter || EXEMPT.test(req.originalUrl)) {
      next();
      return;
    }
    const { isAdmitted, limit, remaining, resetSeconds } = this.#limiter.take(
      this.#addresses.of(req),
      performance.now(),
    );
    addCommonHeaders(
      res,
      'x-ratelimit-limit-requests',
      String(limit),
      'x-ratelimit-remaining-requests',
      String(remaining),
      'x-ratelimit-reset-requests',
      `${resetSeconds}s`,
    );
    if (!isAdmitted) {
      throw new RateLimitError(
        `Too many requests from this address. Limit: ${this.#rate?.average ?? 0} per second on average, ${limit} at once.`,
        resetSeconds,
        { rate_limit_type: 'requests' },
      );
    }
    next();
  };

  /** Counts go on where the limit stays as it was. */
  #configure({ general }: AppConfig): void {
    const { clientRateLimit: rate, trustedProxies } = general;
    this.#addresses = new ClientAddresses(trustedProxies);
    if (rate?.average === this.#rate?.average && rate?.burst === this.#rate?.burst) return;
    this.#rate = rate;
    this.#limiter = rate && new AddressLimiter(rate);
  }
}
