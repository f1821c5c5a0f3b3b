import pg from 'pg';

type Callback = (error: Error | undefined, result: unknown) => void;

/** pg's message when `query_timeout` has passed. */
const READ_TIMEOUT = 'Query read timeout';

const GOODBYE_MS = 500;

/**
 * A connection that is thrown away once a query on it has timed out. The driver alone would hand it
 * on, and the next query would wait behind the answer that never came.
 */
export class DeadlineClient extends pg.Client {
  /** Client-side deadline of each query on this connection; null: the pool's `query_timeout`. */
  deadlineMs: number | null = null;

  // The driver's overloads return a promise or take a callback; TypeORM uses both forms.
  override query(...args: unknown[]): never {
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      const wrapped: Callback = (error, result) => {
        this.dropOnTimeout(error);
        (callback as Callback)(error, result);
      };
      return this.send([...args.slice(0, -1), wrapped]) as never;
    }
    const answer = this.send(args);
    if (answer instanceof Promise) answer.catch((error: unknown) => this.dropOnTimeout(error));
    return answer as never;
  }

  private send(args: unknown[]): unknown {
    const query = super.query.bind(this) as unknown as (...forwarded: unknown[]) => unknown;
    const [text, values, ...rest] = args;
    if (this.deadlineMs === null || typeof text !== 'string') return query(...args);
    const config = { text, query_timeout: this.deadlineMs };
    return Array.isArray(values) ? query({ ...config, values }, ...rest) : query(config, ...args.slice(1));
  }

  /** Says goodbye, but does not wait long for an answer: the server may be frozen. */
  override end(...args: unknown[]): never {
    const timer = setTimeout(() => abandon(this), GOODBYE_MS).unref();
    this.once('end', () => clearTimeout(timer));
    const end = super.end.bind(this) as (...forwarded: unknown[]) => unknown;
    return end(...args) as never;
  }

  private dropOnTimeout(error: unknown): void {
    if ((error as Error | undefined)?.message === READ_TIMEOUT) abandon(this);
  }
}

/** Drops a connection without a word, and for good: its pool will not use it again. The server rolls back what was open. */
export function abandon(client: pg.Client): void {
  // The driver offers no way to say this; its pool reads the same field.
  const inner = client as unknown as { _queryable: boolean; connection: { stream: { destroy(): void } } };
  inner._queryable = false;
  inner.connection.stream.destroy();
}
