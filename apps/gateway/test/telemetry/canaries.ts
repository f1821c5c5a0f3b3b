import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Something that may stand nowhere but where it belongs. */
export interface Canary {
  readonly name: string;
  readonly value: string;
}

/** What a process wrote, answered or stored. */
export interface Artefact {
  readonly name: string;
  readonly text: string;
}

/** `<canary> in <artefact> as <form>` for each that was found. */
export function found(canaries: readonly Canary[], artefacts: readonly Artefact[]): string[] {
  return canaries.flatMap(({ name, value }) =>
    formsOf(value).flatMap(([form, text]) =>
      artefacts
        .filter((artefact) => artefact.text.includes(text))
        .map((artefact) => `${name} in ${artefact.name}, ${form}`),
    ),
  );
}

/** A text as it stands, and as programs write it: in JSON, in an address, in base64 wherever it begins, halves swapped. */
function formsOf(value: string): (readonly [form: string, text: string])[] {
  const middle = Math.floor(value.length / 2);
  return [
    ['as it is', value],
    ['in JSON', JSON.stringify(value).slice(1, -1)],
    ['in an address', encodeURIComponent(value)],
    ['backwards', Array.from(value).reverse().join('')],
    ['in halves', value.slice(middle) + value.slice(0, middle)],
    ...[0, 1, 2].map((offset) => ['in base64', base64At(value, offset)] as const),
    ['in hex', Buffer.from(value).toString('hex')],
  ];
}

/** The digits that depend on nothing but the text, behind `offset` other bytes. */
function base64At(value: string, offset: number): string {
  const text = Buffer.from('\0'.repeat(offset) + value).toString('base64url');
  const whole = Math.floor(((offset + Buffer.byteLength(value)) * 8) / 6);
  return text.slice(Math.ceil((offset * 8) / 6), whole).replace(/[-_].*$/, '');
}

/** Every file below `folder`, byte for byte. */
export function filesIn(folder: string): Artefact[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const name = join(entry.parentPath, entry.name);
      return { name, text: readFileSync(name, 'latin1') };
    });
}

/** Every row of every table, as PostgreSQL writes it. */
export async function tablesOf(
  query: (sql: string) => Promise<readonly Record<string, unknown>[]>,
): Promise<Artefact[]> {
  const tables = await query(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  return Promise.all(
    tables.map(async ({ name }) => {
      const rows = await query(`SELECT row::text AS text FROM ${String(name)} AS row`);
      return { name: `table ${String(name)}`, text: rows.map(({ text }) => String(text)).join('\n') };
    }),
  );
}
