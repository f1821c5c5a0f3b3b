import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { Strategy } from 'passport-http-bearer';
import { type Caller } from '@app/call';
import { KeyAuthenticator } from './key-authenticator.js';

type Verdict = (error: unknown, caller: Caller | false | null) => void;
type Authenticate = (request: object, response: object, next: (error?: unknown) => void) => void;

/**
 * Passport's bearer strategy over the table of keys, for credentials that are not in memory. It sees a
 * request that holds nothing but our normalised header: `access_token` in query or body does not exist.
 */
@Injectable()
export class BearerStrategy extends PassportStrategy(Strategy, 'bearer') {
  declare private authenticator?: passport.Authenticator;

  constructor(private readonly keys: KeyAuthenticator) {
    super();
  }

  /** @throws AuthenticationError, UnavailableError */
  verify(credential: string): Promise<Caller> {
    return new Promise((resolve, reject) => {
      const verdict: Verdict = (error, caller) => {
        if (caller) resolve(caller);
        else reject(error instanceof Error ? error : new Error('Passport gave no verdict'));
      };
      const run = this.getPassportInstance().authenticate(
        'bearer',
        { session: false },
        verdict,
      ) as Authenticate;
      run({ headers: { authorization: `Bearer ${credential}` } }, {}, reject);
    });
  }

  validate(credential: string): Promise<Caller> {
    return this.keys.lookUp(credential);
  }

  /** One of our own: passport's global one would mix up two gateways in one process. */
  getPassportInstance(): passport.Authenticator {
    this.authenticator ??= new passport.Passport();
    return this.authenticator;
  }
}
