import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { filesIn, tablesIn } from './artefacts.ts';
import { type Artefact, found } from './canaries.ts';
import { type Child } from './child.ts';
import { whatWasHeard } from './heard.ts';
import { hiddenSecrets, knownSecrets, secretsLeftOut } from './secrets.ts';

/** Where a gateway leaves something. */
export interface Place {
  readonly child: Child;
  readonly folder: string;
  /** May be elsewhere. */
  readonly journal: string;
  readonly databaseUrl: string | null;
}

/** One line for each gateway is added to this file: what was looked through, and what it took. */
const REPORT = process.env['CANARIES_FILE'];
const places = new Set<Place>();

export function rememberPlace(place: Place): void {
  places.add(place);
}

/** Gives up a folder: its gateway, and those that lived there before it. */
export function forgetPlace(folder: string): Place[] {
  const ofFolder = [...places].filter((place) => place.folder === folder);
  for (const place of ofFolder) places.delete(place);
  return ofFolder;
}

/**
 * Looks for every secret that this process knows in what the ended gateways of a folder have left: logs, files, and
 * the tables of their database once no other gateway of this process is on it.
 * @param more what they have left elsewhere, such as metrics
 * @throws Error that names each secret that was found, its form and its place
 */
export async function lookThrough(folder: string, more: readonly Artefact[]): Promise<void> {
  const startedAt = performance.now();
  const own = forgetPlace(folder);
  const elsewhere = own.map(({ journal }) => journal).filter((path) => !path.startsWith(folder));
  const folders = new Set([folder, ...elsewhere]);
  const tables = await Promise.all(databasesLeftBy(own).map(tablesIn));
  const artefacts = [
    ...own.map(({ child }) => ({ name: `log of ${child.name}`, content: readFileSync(child.logFile) })),
    ...[...folders].filter((one) => existsSync(one)).flatMap(filesIn),
    ...tables.flatMap((rows) => rows ?? []),
    ...more,
  ];
  const answers = whatWasHeard();
  mustHoldNoSecret(artefacts, {
    answers,
    of: own.at(-1)?.child.name ?? folder,
    databases: tables.length,
    databasesAway: tables.filter((rows) => rows === null).length,
    startedAt,
  });
}

/** By name: a database may have several addresses, one behind a wire. */
function databasesLeftBy(own: readonly Place[]): string[] {
  const nameOf = ({ databaseUrl }: Place): string => URL.parse(databaseUrl ?? '')?.pathname ?? '';
  const taken = new Set(['', ...[...places].map(nameOf)]);
  const free = new Map(own.map((place) => [nameOf(place), place.databaseUrl ?? '']));
  return [...free].filter(([name]) => !taken.has(name)).map(([, url]) => url);
}

interface Told {
  readonly of: string;
  readonly databases?: number;
  readonly databasesAway?: number;
  readonly startedAt?: number;
  /** These hold keys and sessions, but nothing else that is secret. */
  readonly answers?: readonly Artefact[];
}

/**
 * @param told for the report
 * @throws Error that names each secret that was found, its form and its place
 */
export function mustHoldNoSecret(
  artefacts: readonly Artefact[],
  { startedAt = performance.now(), answers = [], ...told }: Told,
): void {
  const secrets = knownSecrets();
  const hits = [...found(secrets, artefacts), ...found(hiddenSecrets(), answers)];
  const all = [...artefacts, ...answers];
  report({
    suite: suiteName(),
    ...told,
    secrets: secrets.length,
    leftOut: secretsLeftOut(),
    artefacts: countsOf(all),
    bytes: all.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0),
    ms: Math.round(performance.now() - startedAt),
    hits,
  });
  if (hits.length > 0) throw new Error(`A secret stands where it may not:\n${hits.join('\n')}`);
}

/** By the first word of their names. */
function countsOf(artefacts: readonly Artefact[]): Record<string, number> {
  const kinds = Map.groupBy(artefacts, ({ name }) => name.split(' ', 1)[0] ?? '');
  return Object.fromEntries([...kinds].map(([kind, { length }]) => [kind, length]));
}

/** The spec file where Jest runs one, else the program. */
function suiteName(): string {
  const { expect } = globalThis as { readonly expect?: { getState(): { readonly testPath?: string } } };
  return expect?.getState().testPath ?? process.argv[1] ?? '';
}

function report(line: object): void {
  if (REPORT) appendFileSync(REPORT, `${JSON.stringify(line)}\n`);
}
