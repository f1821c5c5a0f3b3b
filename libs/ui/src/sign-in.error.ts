import { AuthenticationError } from '@app/call';

/** Nobody is signed in; `next` is where they wanted to go. */
export class SignInError extends AuthenticationError {
  constructor(readonly next: string) {
    super('Sign in first.');
  }
}
