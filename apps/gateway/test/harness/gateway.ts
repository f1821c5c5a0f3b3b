import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, type Exit, freePort, pause, until } from './child.ts';
import { configText } from './gateway-config.ts';
import { type Answer, type Ask, HttpClient, type Json, listOf, stringOf } from './http.ts';
import { type Artefact } from './canaries.ts';
import { hear } from './heard.ts';
import { forgetPlace, lookThrough, rememberPlace } from './left-behind.ts';
import { requireBuild, ROOT } from './sandbox.ts';
import { keepSecretsOf, keepSecretsOfCall } from './secrets.ts';

const MAIN = join(ROOT, 'dist/apps/gateway/src/main.js');
/** As `npm start`, the image and the systemd unit have them. */
export const FLAGS: readonly string[] = [
  '--max-semi-space-size=8',
  '--heap-growing-percent=50',
  '--no-memory-reducer',
  '--v8-pool-size=2',
];
const READY_PATIENCE_MS = 55_000;
const METRICS_PATIENCE_MS = 5_000;
/** Lines of the log are written after a quarter of a second at the latest. */
const LOG_FLUSH_MS = 300;

export const MASTER_KEY = 'sk-master-0123456789-abcdefghij';

export interface GatewayOptions {
  /** Text of config.yaml. */
  readonly config?: string;
  readonly llamaSwapUrl?: string;
  /** Absent: the gateway starts its embedded server. */
  readonly databaseUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps journal and data of an earlier gateway. */
  readonly folder?: string;
  readonly port?: number;
  readonly core?: number;
  readonly name?: string;
  /** `main.js` of another build. */
  readonly program?: string;
  /** Wait until it is ready; true unless told. */
  readonly waitsUntilReady?: boolean;
}

/** A gateway process, and an HTTP client for it. */
export class Gateway {
  readonly child: Child;
  readonly port: number;
  readonly folder: string;
  /** From the start of the process to its first ready answer. */
  readonly startedInMs: number;
  readonly http: HttpClient;
  readonly url: string;

  constructor(child: Child, places: Pick<Places, 'port' | 'folder'>, startedInMs: number) {
    this.child = child;
    this.port = places.port;
    this.folder = places.folder;
    this.startedInMs = startedInMs;
    this.url = `http://127.0.0.1:${this.port}`;
    this.http = new HttpClient(this.url, (path, { body }, answer) => {
      keepSecretsOfCall(path, body, answer);
      hear(answer);
    });
  }

  get pid(): number {
    return this.child.pid;
  }

  /** A request as the administrator, unless `key` says otherwise. */
  ask(path: string, options: Ask = {}): Promise<Answer> {
    return this.http.ask(path, { key: MASTER_KEY, ...options });
  }

  chat(body: object = {}, options: Ask = {}): Promise<Answer> {
    return this.ask('/v1/chat/completions', { body: { ...aChat(), ...body }, ...options });
  }

  /** A new virtual key. */
  async key(fields: object = {}): Promise<string> {
    const answer = await this.ask('/key/generate', { body: fields });
    if (answer.status !== 200) throw new Error(`/key/generate: ${answer.status} ${answer.text}`);
    return stringOf(answer.json?.key);
  }

  /** The rows of `/spend/logs` once there are as many as wanted. */
  async rows(query: Readonly<Record<string, string>>, count = 1, patienceMs = 10_000): Promise<Json[]> {
    const path = `/spend/logs?${new URLSearchParams(query).toString()}`;
    return until(
      `${count} rows at ${path}`,
      async () => {
        const { json } = await this.ask(path);
        return Array.isArray(json) && json.length >= count && listOf(json);
      },
      patienceMs,
      50,
    );
  }

  /** The row of a request, by its call id or its response id. */
  async row(requestId: string, patienceMs = 10_000): Promise<Json> {
    const [row] = await this.rows({ request_id: requestId }, 1, patienceMs);
    return row ?? {};
  }

  async ready(patienceMs = READY_PATIENCE_MS): Promise<void> {
    await until(
      'the gateway is ready',
      async () => {
        if (this.child.exit) throw new Error(`the gateway ended: ${this.child.tail()}`);
        const answer = await this.http.ask('/health/readiness').catch(() => null);
        return answer?.status === 200;
      },
      patienceMs,
      5,
    );
  }

  /** Whether its process is still the one that was started. */
  get isUp(): boolean {
    return this.child.exit === null;
  }

  /** Memory in bytes and CPU seconds so far, from the kernel. */
  usage(): { readonly rssBytes: number; readonly cpuSeconds: number } {
    return usageOf(this.pid);
  }

  /** The orderly end. */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGINT'): Promise<Exit> {
    this.child.signal(signal);
    const exit = await this.child.exited;
    await this.http.close();
    return exit;
  }

  /** The sudden end. */
  async kill(): Promise<void> {
    await this.child.kill();
    await this.http.close();
  }

  /**
   * The end of a test: ends it where it still runs, looks for secrets in all that it left, and removes that.
   * @throws Error that names each secret that was found, its form and its place
   */
  async end(): Promise<void> {
    const [metrics] = this.isUp ? await Promise.all([this.#metrics(), pause(LOG_FLUSH_MS)]) : [[]];
    await (this.isUp ? this.kill() : this.http.close());
    try {
      await lookThrough(this.folder, metrics);
    } finally {
      this.forget();
    }
  }

  async #metrics(): Promise<Artefact[]> {
    const signal = AbortSignal.timeout(METRICS_PATIENCE_MS);
    const answer = await this.ask('/metrics', { signal }).catch(() => null);
    return answer?.status === 200 ? [{ name: `metrics of ${this.child.name}`, content: answer.text }] : [];
  }

  /** Removes journal and data of one that has ended; for runners that look for secrets themselves. */
  forget(): void {
    forgetPlace(this.folder);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Ends all of them, then fails for the first that left a secret behind. */
export async function endAll(gateways: readonly Gateway[]): Promise<void> {
  const ends = await Promise.allSettled(gateways.map((gateway) => gateway.end()));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** Memory in bytes and CPU seconds so far, all threads. */
export function usageOf(pid: number): { readonly rssBytes: number; readonly cpuSeconds: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, pages] = [11, 12, 21].map((index) => Number(fields[index]));
  return {
    cpuSeconds: ((user ?? 0) + (system ?? 0)) / TICKS_PER_SECOND,
    rssBytes: (pages ?? 0) * PAGE_BYTES,
  };
}

export const aChat = (): { model: string; messages: object[] } => ({
  model: 'gpt-4',
  messages: [{ role: 'user', content: 'Say something.' }],
});

/** Starts the built gateway as a process of its own, with the flags that it is shipped with. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { program = MAIN } = options;
  requireBuild(program);
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'gateway-test-'));
  const port = options.port ?? (await freePort());
  const configPath = join(folder, 'config.yaml');
  const config = options.config ?? configText();
  writeFileSync(configPath, config);
  const env = environment(options, { port, folder, configPath });
  keepSecretsOf(env, config);
  const startedAt = performance.now();
  const child = new Child({
    name: options.name ?? 'gateway',
    args: [...FLAGS, program],
    cwd: folder,
    env,
    ...(options.core === undefined ? {} : { core: options.core }),
  });
  rememberPlace({
    child,
    folder,
    journal: env['JOURNAL_DIR'] ?? folder,
    databaseUrl: env['DATABASE_URL'] ?? null,
  });
  const waiting = new Gateway(child, { port, folder }, 0);
  if (options.waitsUntilReady === false) return waiting;
  try {
    await waiting.ready();
  } catch (error) {
    await child.kill();
    throw error;
  }
  await waiting.http.close();
  return new Gateway(child, { port, folder }, performance.now() - startedAt);
}

interface Places {
  readonly port: number;
  readonly folder: string;
  readonly configPath: string;
}

/** Everything is logged, so that a secret in the log is found; the level costs some lines at the start. */
function environment(options: GatewayOptions, { port, folder, configPath }: Places): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    PORT: String(port),
    CONFIG_FILE_PATH: configPath,
    LITELLM_LOG: 'DEBUG',
    LITELLM_MASTER_KEY: MASTER_KEY,
    LITELLM_SALT_KEY: 'salt-0123456789-abcdefghij-klm',
    JOURNAL_DIR: join(folder, 'journal'),
    DATA_DIR: join(folder, 'data'),
    LLAMA_SWAP_API_BASE: `${options.llamaSwapUrl ?? 'http://127.0.0.1:9'}/v1`,
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    ...options.env,
  };
}
