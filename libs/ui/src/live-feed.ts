import { once } from 'node:events';
import { Injectable } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { DrainState, RateLimitError, UnavailableError } from '@app/call';
import { type SpendLogFilter, SpendLogs } from '@app/spend';

const LOOK_MS = 1_000;
const NEWEST = 20;
/** What changes without a call, such as a model that is loading, shows after this at the latest. */
const QUIET_MS = 5_000;
/** Then the browser connects anew, so that whoever has been signed out since is found out. */
const LONGEST_MS = 10 * 60_000;
/** For the last bytes of a page that does not read any more; then its connection is cut. */
const GRACE_MS = 10_000;
const MAX_WATCHERS = 200;
/** Of one key, in however many sessions: nobody takes the places of all others, nor looks at the database for hundreds. */
const MAX_OF_ONE = 20;

interface Watch {
  readonly filter: SpendLogFilter;
  readonly watchers: Set<ServerResponse>;
  readonly timer: NodeJS.Timeout;
  newest: string;
  toldAtMs: number;
}

/** Tells open pages over server-sent events that there is something new; one look a second for all who look alike. */
@Injectable()
export class LiveFeed {
  private readonly watches = new Map<string, Watch>();
  private readonly counts = new Map<string, number>();
  private count = 0;

  constructor(
    private readonly logs: SpendLogs,
    private readonly draining: DrainState,
  ) {}

  /**
   * Resolves when the page is closed.
   * @param holder whose page it is: the hash of the key
   * @throws RateLimitError when too many of one holder look already; UnavailableError when too many in all do
   */
  async follow(filter: SpendLogFilter, res: ServerResponse, holder: string): Promise<void> {
    // Closed while we found out who asks: nobody would ever tell.
    if (res.closed) return;
    if (this.count >= MAX_WATCHERS || this.draining.draining) {
      throw new UnavailableError('Too many pages are open; reload this one to see what is new.');
    }
    const own = this.counts.get(holder) ?? 0;
    if (own >= MAX_OF_ONE) {
      throw new RateLimitError(`You have ${own} live pages open already; close one, or reload this one.`, 60);
    }
    res.statusCode = 200;
    res.setHeader('content-type', 'text/event-stream');
    res.setHeader('x-accel-buffering', 'no');
    res.write('retry: 3000\n\n');
    const name = JSON.stringify(filter, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    const watch = this.watches.get(name) ?? this.begin(name, filter);
    watch.watchers.add(res);
    this.add(holder, 1);
    await closed(res);
    this.add(holder, -1);
    watch.watchers.delete(res);
    if (watch.watchers.size > 0) return;
    clearInterval(watch.timer);
    this.watches.delete(name);
  }

  private add(holder: string, count: 1 | -1): void {
    this.count += count;
    const own = (this.counts.get(holder) ?? 0) + count;
    if (own > 0) this.counts.set(holder, own);
    else this.counts.delete(holder);
  }

  private begin(name: string, filter: SpendLogFilter): Watch {
    let isLooking = false;
    const timer = setInterval(() => {
      if (isLooking) return;
      isLooking = true;
      void this.look(watch).finally(() => (isLooking = false));
    }, LOOK_MS).unref();
    const watch: Watch = { filter, watchers: new Set(), timer, newest: '', toldAtMs: performance.now() };
    this.watches.set(name, watch);
    return watch;
  }

  private async look(watch: Watch): Promise<void> {
    if (this.draining.draining) {
      for (const res of watch.watchers) res.end();
      return;
    }
    const newest = await this.newestOf(watch.filter);
    const isNew = newest !== null && newest !== watch.newest;
    if (!isNew && performance.now() - watch.toldAtMs < QUIET_MS) return;
    watch.newest = newest ?? watch.newest;
    watch.toldAtMs = performance.now();
    for (const res of watch.watchers) tell(res, isNew ? 'calls' : 'tick');
  }

  /** Null where the database does not tell. */
  private async newestOf(filter: SpendLogFilter): Promise<string | null> {
    try {
      const { rows } = await this.logs.page(filter, { limit: NEWEST });
      return rows.map(({ request_id: id, endTime }) => `${id} ${endTime}`).join('\n');
    } catch {
      return null;
    }
  }
}

/** Resolves when the page is closed, which it is after its longest time whether it reads or not. */
async function closed(res: ServerResponse): Promise<void> {
  const cut = new AbortController();
  const end = setTimeout(() => res.end(), LONGEST_MS).unref();
  const last = setTimeout(() => {
    res.destroy();
    cut.abort();
  }, LONGEST_MS + GRACE_MS).unref();
  await once(res, 'close', { signal: cut.signal }).catch(() => undefined);
  clearTimeout(end);
  clearTimeout(last);
}

/** Who does not read is told nothing more until he does; what has ended takes no more, and would fail. */
function tell(res: ServerResponse, event: 'calls' | 'tick'): void {
  if (!res.writableEnded && !res.writableNeedDrain) res.write(`event: ${event}\ndata: {}\n\n`);
}
