import { clientOf, RateLimitError } from '@app/call';

const WINDOW_MS = 60_000;
const MAX_PER_CLIENT = 5;
const MAX_IN_ALL = 50;
const MAX_CLIENTS = 10_000;
const MAX_KNOWN = 1_000;

interface Window {
  count: number;
  readonly sinceMs: number;
}

/**
 * Five wrong keys a minute from one client, fifty from all that have never signed in here: what is guessed beyond that is
 * not even looked at. An attempt counts when it begins, so that a thousand at once are no more than five.
 */
export class LoginLimiter {
  private readonly clients = new Map<string, Window>();
  /** Who has signed in before is not kept out by what others guess. */
  private readonly known = new Set<string>();
  private all: Window = { count: 0, sinceMs: -Infinity };

  /** @throws RateLimitError */
  begin(address: string, nowMs = Date.now()): void {
    const client = clientOf(address);
    const own = current(this.clients.get(client), nowMs);
    this.all = current(this.all, nowMs);
    if (own.count >= MAX_PER_CLIENT) throw tooMany(own, nowMs);
    if (!this.known.has(client)) {
      if (this.all.count >= MAX_IN_ALL) throw tooMany(this.all, nowMs);
      this.all.count++;
    }
    own.count++;
    this.clients.delete(client);
    this.clients.set(client, own);
    dropOldest(this.clients, MAX_CLIENTS);
  }

  /** The attempt was none: its key was right. */
  succeeded(address: string): void {
    const client = clientOf(address);
    const own = this.clients.get(client);
    if (own && own.count > 0) own.count--;
    if (!this.known.has(client) && this.all.count > 0) this.all.count--;
    this.known.delete(client);
    this.known.add(client);
    dropOldest(this.known, MAX_KNOWN);
  }
}

/** A clock that was set back begins a new window too. */
function current(window: Window | undefined, nowMs: number): Window {
  const isOpen = window !== undefined && nowMs >= window.sinceMs && nowMs - window.sinceMs < WINDOW_MS;
  return isOpen ? window : { count: 0, sinceMs: nowMs };
}

function dropOldest(collection: Map<string, unknown> | Set<string>, most: number): void {
  const [oldest] = collection.keys();
  if (collection.size > most && oldest !== undefined) collection.delete(oldest);
}

function tooMany({ sinceMs }: Window, nowMs: number): RateLimitError {
  const seconds = Math.ceil((sinceMs + WINDOW_MS - nowMs) / 1000);
  return new RateLimitError(`Too many wrong keys. Try again in ${seconds} s.`, seconds);
}
