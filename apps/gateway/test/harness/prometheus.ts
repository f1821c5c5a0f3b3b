import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, freePort, HttpClient, type Json, listOf, until } from '../harness.ts';

/** Where its programs are. */
export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

/** Debian's package is unpacked here once, and not installed. */
const UNPACKED = join(tmpdir(), 'gateway-test-prometheus');
const FETCH_MS = 60_000;

/** The programs of the search path, else those of Debian's package where it can be had; null: neither. */
export function prometheusPrograms(): PrometheusPrograms | null {
  const isInstalled = ['prometheus', 'promtool'].every((name) => !spawnSync(name, ['--version']).error);
  if (isInstalled) return { prometheus: 'prometheus', promtool: 'promtool' };
  const programs = {
    prometheus: join(UNPACKED, 'usr/bin/prometheus'),
    promtool: join(UNPACKED, 'usr/bin/promtool'),
  };
  if (!existsSync(programs.promtool)) unpack();
  return existsSync(programs.promtool) ? programs : null;
}

/** Whole or not at all: others may look at the same time. */
function unpack(): void {
  const folder = mkdtempSync(`${UNPACKED}-`);
  try {
    const options = { cwd: folder, timeout: FETCH_MS, stdio: 'pipe' } as const;
    execFileSync('apt-get', ['download', '-q', 'prometheus'], options);
    const file = readdirSync(folder).find((name) => name.endsWith('.deb')) ?? '';
    execFileSync('dpkg-deb', ['-x', file, 'unpacked'], options);
    renameSync(join(folder, 'unpacked'), UNPACKED);
  } catch {
    // Another system, no network, or somebody was quicker.
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `promtool` says to that, and how it ended. */
export function promtool(programs: PrometheusPrograms, args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(programs.promtool, args, { input, encoding: 'utf8' });
  return `${stdout}${stderr}(${String(status)})`;
}

/** A server that reads one gateway every second and judges the rules of a file. */
export class Prometheus {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gateway-test-prometheus-data-'));
  readonly #child: Child;
  readonly #http: HttpClient;

  private constructor(programs: PrometheusPrograms, port: number, configuration: string) {
    mkdirSync(join(this.#folder, 'data'));
    const file = join(this.#folder, 'prometheus.yml');
    writeFileSync(file, configuration);
    this.#http = new HttpClient(`http://127.0.0.1:${port}`);
    this.#child = new Child({
      name: 'prometheus',
      program: programs.prometheus,
      args: [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(this.#folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      cwd: this.#folder,
    });
  }

  static async start(programs: PrometheusPrograms, configuration: string): Promise<Prometheus> {
    const server = new Prometheus(programs, await freePort(), configuration);
    await until('Prometheus is ready', async () => (await server.#ask('/-/ready')) === 200, 30_000, 100);
    return server;
  }

  /** The value now of each series that an expression gives. @throws where it is none */
  async query(expression: string): Promise<number[]> {
    const { status, json } = await this.#http.ask(`/api/v1/query?query=${encodeURIComponent(expression)}`);
    if (status !== 200) throw new Error(`${expression}: ${JSON.stringify(json)}`);
    return listOf(json?.data?.result).map(({ value }) => Number(listOf(value)[1]));
  }

  async get(path: string): Promise<Json> {
    return (await this.#http.ask(path)).json?.data as Json;
  }

  async stop(): Promise<void> {
    await this.#http.close();
    await this.#child.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ask(path: string): Promise<number> {
    return (await this.#http.ask(path).catch(() => null))?.status ?? 0;
  }
}
