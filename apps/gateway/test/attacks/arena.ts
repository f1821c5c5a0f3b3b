import { createServer, type Server } from 'node:http';
import { type Gateway, type Sandbox } from '../harness.ts';

/** What the gateway asks of its own accord: which models there are, and which are loaded. */
const OUR_OWN = new Set(['/v1/models', '/models', '/running']);

/** Where attacks happen: a gateway, its upstream, and an origin that nobody may talk to. */
export interface Arena {
  readonly gateway: Gateway;
  readonly port: number;
  /** A plain virtual key. */
  readonly key: string;
  readonly sandbox: Sandbox;
  readonly recorder: Recorder;
  /** Absent where the runner cannot reach into the database. */
  readonly database: Database;
  /** Routes of the gateway; empty where no table is checked in. */
  readonly routes: readonly Route[];
  upstreamRequests(): Promise<number>;
}

export interface Database {
  readonly url: string;
  query(sql: string): Promise<readonly object[]>;
}

export interface Route {
  readonly method: string;
  /** As declared: `/v1/models/*id`. */
  readonly path: string;
  readonly access: string;
}

/** A foreign origin that writes down who comes. */
export class Recorder {
  readonly seen: string[] = [];
  #server: Server | null = null;
  url = '';

  async start(): Promise<this> {
    const server = createServer((req, res) => {
      this.seen.push(`${req.method ?? ''} ${req.url ?? ''} ${JSON.stringify(req.headers)}`);
      res.end('{}');
    });
    server.on('connection', () => this.seen.push('connection'));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    this.url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    return this;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

/**
 * Reads a route table: method, access class and path on each line. Pages are left out: they answer with pages and
 * logins, and have a suite of their own.
 */
export function readRoutes(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const [method, ...words] = line.trim().split(/\s+/);
    const path = words.find((word) => word.startsWith('/'));
    const access = words.find((word) => /^[a-z]+$/.test(word));
    const isPage = path === '/ui' || path?.startsWith('/ui/');
    return method && path && access && !isPage ? [{ method, path, access }] : [];
  });
}

/** A path that matches a declared one. */
export const concrete = (path: string): string => path.replace(/\*\w+|:\w+/g, 'gpt-4');

/** An arena on processes that run already. */
export async function enter(parts: {
  readonly gateway: Gateway;
  readonly sandbox: Sandbox;
  readonly database: Database;
  readonly routes: readonly Route[];
}): Promise<Arena & { leave(): void }> {
  const recorder = await new Recorder().start();
  const key = await parts.gateway.key({ key_alias: `attacker-${Date.now()}` });
  return {
    ...parts,
    recorder,
    key,
    port: parts.gateway.port,
    upstreamRequests: callCounter(parts.sandbox),
    leave: () => recorder.stop(),
  };
}

/** Counts calls; the gateway's own questions for the list of models are none. */
function callCounter({ llamaSwap }: Sandbox): () => Promise<number> {
  let [since, calls] = [0, 0];
  return async () => {
    const { last } = await llamaSwap.totals();
    if (last < since) since = 0;
    const truth = await llamaSwap.truth({ since });
    calls += truth.filter(({ path }) => !OUR_OWN.has(path)).length;
    since = truth.at(-1)?.seq ?? last;
    return calls;
  };
}
