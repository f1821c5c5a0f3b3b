import { clientOf } from '@app/call';

/** Requests per second on average, and how many may come at once. */
export interface ClientRate {
  readonly average: number;
  readonly burst: number;
}

export interface AddressVerdict {
  readonly isAdmitted: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Until everything is there again, or, for who is refused, until the next request may come. Whole seconds, rounded up. */
  readonly resetSeconds: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

const MAX_BUCKETS = 50_000;
/** Forgotten at once: to find the oldest of a map is slow where many before it are gone. */
const FORGOTTEN_SHARE = 16;
const SECOND_MS = 1_000;

/** Limits the requests of each client address; memory is bounded however many addresses there are. */
export class AddressLimiter {
  /** In the order of use, the least recent first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(private readonly rate: ClientRate) {}

  get size(): number {
    return this.#buckets.size;
  }

  /** @param nowMs of a monotonic clock */
  take(address: string, nowMs: number): AddressVerdict {
    const { average, burst } = this.rate;
    const client = clientOf(address);
    const bucket = this.#bucketOf(client, nowMs);
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / SECOND_MS) * average);
    bucket.atMs = nowMs;
    const isAdmitted = bucket.tokens >= 1;
    if (isAdmitted) bucket.tokens -= 1;
    const missing = isAdmitted ? burst - bucket.tokens : 1 - bucket.tokens;
    return {
      isAdmitted,
      limit: burst,
      remaining: Math.floor(bucket.tokens),
      resetSeconds: Math.max(1, Math.ceil(missing / average)),
    };
  }

  #bucketOf(client: string, nowMs: number): Bucket {
    const known = this.#buckets.get(client);
    if (known) this.#buckets.delete(client);
    const bucket = known ?? { tokens: this.rate.burst, atMs: nowMs };
    this.#buckets.set(client, bucket);
    if (this.#buckets.size > MAX_BUCKETS) this.#forgetOldest();
    return bucket;
  }

  #forgetOldest(): void {
    let left = Math.ceil(MAX_BUCKETS / FORGOTTEN_SHARE);
    for (const client of this.#buckets.keys()) {
      this.#buckets.delete(client);
      left -= 1;
      if (left === 0) return;
    }
  }
}
