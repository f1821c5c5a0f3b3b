import { spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { AUDIO_MODELS, type ConfigChanges, TEXT_MODELS } from '../harness/gateway-config.ts';
import { type Backend, type Gateway, ROOT, type Sandbox } from '../harness.ts';

/** What the gateway asks of its own accord: which models there are, and which are loaded. */
const OUR_OWN = new Set(['/v1/models', '/models', '/running']);

/** The stand-ins that an arena has beside llama-swap. */
export const ARENA_BACKENDS: readonly Backend[] = [
  'openedai-speech',
  'styletts2',
  'faster-whisper',
  'searxng',
  'langfuse',
];

export const LANGFUSE_SECRET = 'sk-lf-canary-0123456789';

/** What a gateway needs beside its addresses: Langfuse, and models that can be added. */
export const ARENA_ENVIRONMENT = {
  LANGFUSE_PUBLIC_KEY: 'pk-lf-attacks',
  LANGFUSE_SECRET_KEY: LANGFUSE_SECRET,
  LANGFUSE_FLUSH_INTERVAL: '0.1',
  STORE_MODEL_IN_DB: 'True',
};

export const SEARCH_TOOL = 'searxng-search';

/** Every kind of door: text, audio, search, and paths straight to a backend. */
export const ARENA_CONFIG: ConfigChanges = {
  models: [...AUDIO_MODELS, ...TEXT_MODELS],
  litellm: { callbacks: ['langfuse'] },
  general: {
    search_tools: [
      { search_tool_name: SEARCH_TOOL, litellm_params: { search_provider: 'searxng', timeout: 2 } },
    ],
    pass_through_endpoints: [
      { path: '/tts', target: 'os.environ/OPENEDAI_SPEECH_API_BASE/..', include_subpath: true },
      { path: '/llama', target: 'os.environ/LLAMA_SWAP_API_BASE/..', include_subpath: true, auth: true },
    ],
  },
};

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
  /** Routes of the gateway. */
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
function readRoutes(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const [method, ...words] = line.trim().split(/\s+/);
    const path = words.find((word) => word.startsWith('/'));
    const access = words.find((word) => /^[a-z]+$/.test(word));
    const isPage = /^\/(?:ui|docs)(?:\/|$)/.test(path ?? '');
    return method && path && access && !isPage ? [{ method, path, access }] : [];
  });
}

/** Every route of the built gateway. */
function liveRoutes(): Route[] {
  const program = join(ROOT, 'dist/apps/gateway/src/commands/routes.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the route table cannot be read: ${stderr}`);
  return readRoutes(stdout);
}

/** A path that matches a declared one. */
export const concrete = (path: string): string => path.replace(/\*\w+|:\w+/g, 'gpt-4');

/** An arena on processes that run already. */
export async function enter(parts: {
  readonly gateway: Gateway;
  readonly sandbox: Sandbox;
  readonly database: Database;
}): Promise<Arena & { leave(): void }> {
  const recorder = await new Recorder().start();
  const key = await parts.gateway.key({ key_alias: `attacker-${Date.now()}` });
  return {
    ...parts,
    routes: liveRoutes(),
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
