import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import pg from 'pg';
import { type Artefact } from './canaries.ts';
import { HttpClient } from './http.ts';

/** The configuration that a gateway was given, and the password of an embedded server. */
const RIGHTLY_SECRET = /(?:^|\/)(?:config\.yaml|password)$/;
/** Of one table. */
const MOST_ROWS = 20_000;
const CONNECT_MS = 5_000;
const TABLES = `SELECT format('%I.%I', nspname, relname) AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema')`;

/** Every file below `folder` but those that rightly hold secrets, byte for byte. */
export function filesIn(folder: string): Artefact[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !RIGHTLY_SECRET.test(`/${entry.name}`))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { name: `file ${relative(folder, path)}`, content: readFileSync(path) };
    });
}

/** The rows of every table that has any, as PostgreSQL writes them; null where the database does not answer. */
export async function tablesIn(databaseUrl: string): Promise<Artefact[] | null> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch {
    return null;
  }
  try {
    const { rows: tables } = await client.query<{ name: string }>(TABLES);
    const artefacts: Artefact[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ text: string }>(
        `SELECT row::text AS text FROM ${name} AS row LIMIT ${MOST_ROWS}`,
      );
      if (rows.length > 0)
        artefacts.push({ name: `table ${name}`, content: rows.map(({ text }) => text).join('\n') });
    }
    return artefacts;
  } finally {
    await client.end();
  }
}

/** What a stand-in for Langfuse has been told since it was reset. */
export async function tracesAt(url: string): Promise<Artefact> {
  const reader = new HttpClient(url);
  const { text } = await reader.ask('/__sandbox/events').finally(() => reader.close());
  return { name: 'traces of Langfuse', content: text };
}
