import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LANGFUSE_SECRET } from '../attacks/arena.ts';
import { UPSTREAM_KEY } from '../harness/gateway-config.ts';
import {
  type Answer,
  chunksOf,
  type Gateway,
  type Json,
  MASTER_KEY,
  pause,
  ROOT,
  stringOf,
} from '../harness.ts';
import { filesIn, tablesIn, tracesAt } from '../harness/artefacts.ts';
import { type Artefact, type Canary, found, LEAST_CANARY_LENGTH } from '../harness/canaries.ts';
import { type Field } from './row.ts';

/** What is looked at after every row, whatever the row itself measured. */
export interface Aftermath {
  /** USD, exact: by how much the books differ. */
  readonly unexplained: string;
  /** Calls that a client of this run saw complete and that have no row. */
  readonly lost: number;
  /** `<canary> in <artefact> as <form>` */
  readonly canaries: readonly string[];
}

interface Reconciliation {
  readonly unexplained: string;
  readonly differences: number;
  readonly journal: { readonly waitingRows: number } | null;
}

interface SpendLibrary {
  readonly reconcile: (databaseUrl: string, journalDir: string | null) => Promise<Reconciliation>;
}

const SPEND_LIBRARY = join(ROOT, 'dist/libs/spend/src/index.js');
const RESPONSE_ID = /^[\w-]{8,100}$/;
const ANSWERS = /^(?:\/v1)?\/(?:chat\/)?completions$/;
/** Rows of a journal arrive within seconds; those of a process that was killed after others have adopted it. */
const PATIENCE_MS = 45_000;
/** Of many keys a few are enough: what shows one shows all. */
const KEYS_LOOKED_FOR = 8;
const FIRST_CHUNK_LENGTH = 64 * 1024;
const CALLS_LOOKED_AT = 500;

/** Sees what clients of a row saw, and judges the books and everything that was written, afterwards. */
export class Witness {
  readonly #answered = new Set<string>();
  readonly #keys: string[] = [];

  watch(gateway: Gateway): void {
    gateway.http.watch = (path, answer) => this.#saw(path, answer);
  }

  #saw(path: string, { status, headers, text, json }: Answer): void {
    if (status !== 200) return;
    if (path === '/key/generate' && this.#keys.length < KEYS_LOOKED_FOR) this.#keys.push(stringOf(json?.key));
    if (!ANSWERS.test(path)) return;
    const isStream = headers['content-type']?.startsWith('text/event-stream') === true;
    if (isStream && !text.trimEnd().endsWith('data: [DONE]')) return;
    const id = stringOf((isStream ? firstOf(text) : json)?.id);
    if (RESPONSE_ID.test(id)) this.#answered.add(id);
  }

  async judge(field: Field, gateways: readonly Gateway[]): Promise<Aftermath> {
    const [row] = await field.query<{ there: boolean }>(
      `SELECT to_regclass('spend_logs') IS NOT NULL AS there`,
    );
    if (row?.there !== true) return { unexplained: '0', lost: 0, canaries: [] };
    const lost = await this.#lost(field);
    return {
      lost,
      unexplained: await unexplained(field, gateways),
      canaries: await this.#seen(field, gateways),
    };
  }

  async #lost(field: Field): Promise<number> {
    const ids = [...this.#answered];
    const startedAt = performance.now();
    for (;;) {
      const list = ids.map((id) => `'${id}'`).join(',') || 'NULL';
      const [row] = await field.query<{ count: number }>(
        `SELECT count(DISTINCT response_id)::int AS count FROM spend_logs WHERE response_id IN (${list})`,
      );
      const missing = ids.length - (row?.count ?? 0);
      if (missing <= 0 || performance.now() - startedAt > PATIENCE_MS) return Math.max(0, missing);
      await pause(300);
    }
  }

  async #seen(field: Field, gateways: readonly Gateway[]): Promise<string[]> {
    const canaries: Canary[] = [
      { name: 'the master key', value: MASTER_KEY },
      { name: 'the key of the upstream', value: UPSTREAM_KEY },
      { name: 'the secret of Langfuse', value: LANGFUSE_SECRET },
      { name: 'the password of the database', value: new URL(field.databaseUrl).password },
      ...this.#keys.map((value, index) => ({ name: `virtual key ${index + 1}`, value })),
    ].filter(({ value }) => value.length >= LEAST_CANARY_LENGTH);
    const outside = await artefacts(field, gateways);
    const ofUpstream = canaries.filter(({ value }) => value !== UPSTREAM_KEY);
    return [...found(canaries, outside), ...found(ofUpstream, [await heardUpstream(field)])];
  }
}

/** The first chunk of a stream; undefined where it is none. */
function firstOf(text: string): Json | undefined {
  try {
    return chunksOf(text.slice(0, FIRST_CHUNK_LENGTH).split('\n\n', 1)[0] ?? '')[0];
  } catch {
    return undefined;
  }
}

/** Journals of processes that were killed are compared, too: what they call shipped has to be there. */
async function unexplained(field: Field, gateways: readonly Gateway[]): Promise<string> {
  const { reconcile } = (await import(SPEND_LIBRARY)) as SpendLibrary;
  const journals = gateways
    .map(({ folder }) => join(folder, 'journal'))
    .filter((folder) => existsSync(folder));
  let most = '0';
  for (const journal of journals.length === 0 ? [null] : journals) {
    const startedAt = performance.now();
    let report = await reconcile(field.databaseUrl, journal);
    while (report.unexplained !== '0' && performance.now() - startedAt < PATIENCE_MS) {
      await pause(500);
      report = await reconcile(field.databaseUrl, journal);
    }
    if (report.unexplained !== '0') most = report.unexplained;
    else if (report.differences > 0) throw new Error(`${report.differences} books differ by nothing`);
  }
  return most;
}

/** Logs, journals, rows of every table, and what went to Langfuse. */
async function artefacts(field: Field, gateways: readonly Gateway[]): Promise<Artefact[]> {
  const tables = await tablesIn(field.databaseUrl);
  if (!tables) throw new Error('the database does not answer');
  return [
    ...gateways.flatMap(({ child, folder }) => {
      const journal = join(folder, 'journal');
      const log = { name: child.logFile, content: child.output() };
      return [log, ...(existsSync(journal) ? filesIn(journal) : [])];
    }),
    ...tables,
    await tracesAt(field.sandbox.backend('langfuse').url),
  ];
}

/** The headers of the latest calls that reached the upstream. */
async function heardUpstream({ sandbox: { llamaSwap } }: Field): Promise<Artefact> {
  const { last } = await llamaSwap.totals();
  const calls = await llamaSwap.truth({ since: Math.max(0, last - CALLS_LOOKED_AT) });
  return {
    name: 'calls of the upstream',
    content: calls.map(({ requestHeaders }) => JSON.stringify(requestHeaders)).join('\n'),
  };
}
