import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from './child.ts';
import { HttpClient } from './http.ts';

export const ROOT = join(import.meta.dirname, '../../../..');
/** It stands in for machines of their own: they do not pause to collect a heap that is at rest. */
const CALM = ['--no-memory-reducer'];
const MAIN = join(ROOT, 'dist/apps/sandbox/src/main.js');

/** What really happened to one request, as the upstream saw it. */
export interface Truth {
  readonly seq: number;
  readonly at: number;
  readonly path: string;
  readonly model: string | null;
  readonly stream: boolean;
  readonly status: number | null;
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly emittedTokens: number;
  readonly characters: number;
  readonly audioSeconds: number;
  readonly finished: boolean;
  readonly closedBy: 'server' | 'client' | 'fault' | null;
  readonly closedAfterMs: number | null;
  readonly responseId: string | null;
  readonly fault: string | null;
  readonly canaries: readonly string[];
  readonly requestHeaders: Readonly<Record<string, string>>;
}

export interface TruthTotals {
  readonly last: number;
  readonly requests: number;
  readonly finished: number;
  readonly closedByClient: number;
  readonly promptTokens: number;
  readonly emittedTokens: number;
}

/** The upstream as it got the last request. */
export interface LastRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** One stand-in of the sandbox and its control API. */
export class StandIn {
  readonly url: string;
  readonly #http: HttpClient;

  constructor(url: string) {
    this.url = url;
    this.#http = new HttpClient(url);
  }

  /** Scripts the next answers, such as `{ status: 503 }` or `{ stallAfter: 3, times: 2 }`. */
  next(script: object): Promise<unknown> {
    return this.#control('POST', '/next', script);
  }

  settings(patch: object): Promise<unknown> {
    return this.#control('POST', '/settings', patch);
  }

  /** Empties the ledger and the script; with `settings: true` everything is as at the start. */
  reset(what: { readonly settings?: boolean } = {}): Promise<unknown> {
    return this.#control('POST', '/reset', what);
  }

  async truth(filter: { readonly model?: string; readonly since?: number } = {}): Promise<Truth[]> {
    const query = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]));
    return (await this.#control('GET', `/truth?${query.toString()}`)) as Truth[];
  }

  async totals(): Promise<TruthTotals> {
    return (await this.#control('GET', '/truth/totals')) as TruthTotals;
  }

  async open(): Promise<{ readonly inProgress: number; readonly sockets: number }> {
    return (await this.#control('GET', '/open')) as { inProgress: number; sockets: number };
  }

  async lastRequest(): Promise<LastRequest> {
    return (await this.#control('GET', '/requests/last')) as LastRequest;
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #control(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const answer = await this.#http.ask(`/__sandbox${path}`, { method, ...(body ? { body } : {}) });
    if (answer.status !== 200) throw new Error(`sandbox ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }
}

/** Stand-ins beside llama-swap, with the variable that tells a gateway where each is. */
const BACKENDS = {
  'openedai-speech': (url: string) => ({ OPENEDAI_SPEECH_API_BASE: `${url}/v1` }),
  styletts2: (url: string) => ({ STYLETTS2_API_BASE: `${url}/v1` }),
  'faster-whisper': (url: string) => ({ FASTER_WHISPER_API_BASE: `${url}/v1` }),
  searxng: (url: string) => ({ SEARXNG_API_BASE: url }),
  langfuse: (url: string) => ({ LANGFUSE_HOST: url }),
  hosted: (url: string) => ({
    OPENAI_API_BASE: `${url}/openai/v1`,
    AZURE_API_BASE: `${url}/azure`,
    AZURE_API_VERSION: '2024-10-21',
    ANTHROPIC_API_BASE: `${url}/anthropic`,
    GEMINI_API_BASE: `${url}/gemini/v1beta/openai`,
    MISTRAL_API_BASE: `${url}/mistral/v1`,
    GROQ_API_BASE: `${url}/groq/openai/v1`,
    DEEPSEEK_API_BASE: `${url}/deepseek/v1`,
    OPENROUTER_API_BASE: `${url}/openrouter/api/v1`,
    TOGETHER_AI_API_BASE: `${url}/together_ai/v1`,
    OLLAMA_API_BASE: `${url}/ollama`,
    HOSTED_VLLM_API_BASE: `${url}/hosted_vllm/v1`,
  }),
} as const;

export type Backend = keyof typeof BACKENDS;

export interface Sandbox {
  readonly llamaSwap: StandIn;
  readonly pid: number;
  /** The environment in which a gateway finds all that was started but llama-swap. */
  readonly environment: Readonly<Record<string, string>>;
  /** One of the backends that were asked for. */
  backend(name: Backend): StandIn;
  stop(): Promise<void>;
}

/** Starts llama-swap's stand-in and those of `backends`, on free ports. */
export async function startSandbox(
  options: { readonly core?: number; readonly backends?: readonly Backend[] } = {},
): Promise<Sandbox> {
  requireBuild(MAIN);
  const { backends = [], ...place } = options;
  const names = ['llama-swap', ...backends].map((name) => `${name}=0`);
  const child = new Child({ name: 'sandbox', args: [...CALM, MAIN, ...names], cwd: ROOT, ...place });
  const line = JSON.parse(await child.firstLine(15_000)) as Record<string, string>;
  const llamaSwap = new StandIn(String(line['llama-swap']));
  const others = new Map(backends.map((name) => [name, new StandIn(String(line[name]))]));
  return {
    llamaSwap,
    pid: child.pid,
    environment: Object.assign({}, ...[...others].map(([name, { url }]) => BACKENDS[name](url))) as Record<
      string,
      string
    >,
    backend: (name) => {
      const found = others.get(name);
      if (!found) throw new Error(`the sandbox was started without ${name}`);
      return found;
    },
    stop: async () => {
      await Promise.all([llamaSwap, ...others.values()].map((standIn) => standIn.close()));
      await child.kill();
    },
  };
}

/** Tests run what was built: a forgotten build is said in one sentence. */
export function requireBuild(file: string): void {
  if (!existsSync(file)) throw new Error(`${file} is missing: run \`npm run build\` first`);
}
