import { RateLimitError } from '@app/call';

const WINDOW_MS = 60_000;
const MAX_FAILURES = 10;
const MAX_ADDRESSES = 10_000;

/** Ten wrong keys a minute from one address; what is guessed beyond that is not even looked at. */
export class LoginLimiter {
  private readonly failures = new Map<string, { count: number; readonly sinceMs: number }>();

  /** @throws RateLimitError */
  require(address: string, nowMs = Date.now()): void {
    const found = this.failures.get(address);
    if (!found || nowMs - found.sinceMs >= WINDOW_MS || found.count < MAX_FAILURES) return;
    const seconds = Math.ceil((found.sinceMs + WINDOW_MS - nowMs) / 1000);
    throw new RateLimitError(`Too many wrong keys. Try again in ${seconds} s.`, seconds);
  }

  failed(address: string, nowMs = Date.now()): void {
    const found = this.failures.get(address);
    if (found && nowMs - found.sinceMs < WINDOW_MS) {
      found.count++;
      return;
    }
    this.failures.delete(address);
    this.failures.set(address, { count: 1, sinceMs: nowMs });
    const [oldest] = this.failures.keys();
    if (this.failures.size > MAX_ADDRESSES && oldest !== undefined) this.failures.delete(oldest);
  }
}
