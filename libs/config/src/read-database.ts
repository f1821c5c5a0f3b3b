import { join, resolve } from 'node:path';
import { Secret } from '@app/call';
import { type AppConfig } from './app-config.js';
import { type EnvironmentSection } from './environment-section.js';
import { asHostName } from './network-values.js';
import { asFlag, asNumber, asOneOf, asText } from './scalar-values.js';
import { type Parse, type Section } from './section.js';

type DatabaseSettings = Pick<
  AppConfig,
  'databaseUrl' | 'databasePoolSize' | 'dataDir' | 'journalDir' | 'journalSync' | 'storeModelInDb'
>;

const PORT = asNumber({ min: 1, max: 65_535, whole: true });

/** Where keys, usage and the journal live. */
export function readDatabase(env: EnvironmentSection, general: Section): DatabaseSettings {
  const databaseUrl = readDatabaseUrl(env, general);
  const dataDir = resolve(env.value('DATA_DIR', asText));
  const storeInDb = general.read('store_model_in_db', asFlag);
  return {
    databaseUrl,
    databasePoolSize: general.readOr(
      'database_connection_pool_limit',
      asNumber({ min: 1, max: 1_000, whole: true }),
      '10',
    ),
    dataDir,
    journalDir: readJournalDir(env, databaseUrl === null ? join(dataDir, 'journal') : null),
    journalSync: env.value('JOURNAL_SYNC', asOneOf(['interval', 'always'] as const)),
    storeModelInDb: storeInDb ?? env.value('STORE_MODEL_IN_DB', asFlag),
  };
}

function readJournalDir(env: EnvironmentSection, besideEmbedded: string | null): string | null {
  const written = env.read('JOURNAL_DIR', asText);
  if (written !== null) return resolve(written);
  if (besideEmbedded === null) {
    env.findings.warn(
      { path: 'JOURNAL_DIR', place: env.node.place },
      'It is not set: there is no journal, so usage is lost while PostgreSQL is away or when the gateway crashes. ' +
        'Set it to a folder on a lasting disk.',
    );
  }
  return besideEmbedded;
}

function readDatabaseUrl(env: EnvironmentSection, general: Section): Secret | null {
  const written = general.read('database_url', asDatabaseUrl) ?? env.read('DATABASE_URL', asDatabaseUrl);
  const host = env.read('DATABASE_HOST', asHostName);
  const any = general.entry('database_url') ?? env.entry('DATABASE_URL');
  return any === undefined && host !== null ? fromParts(env, host) : written;
}

function fromParts(env: EnvironmentSection, host: string): Secret {
  const need = (name: string): string =>
    env.need(name, asText, `Set ${name}, or DATABASE_URL instead of the parts.`) ?? '';
  const port = env.value('DATABASE_PORT', PORT);
  const [user, database] = [need('DATABASE_USERNAME'), need('DATABASE_NAME')].map(encodeURIComponent);
  const password = env.read('DATABASE_PASSWORD', asPassword)?.reveal() ?? '';
  const credentials = password === '' ? user : `${user ?? ''}:${encodeURIComponent(password)}`;
  return new Secret(`postgresql://${credentials ?? ''}@${host}:${port}/${database ?? ''}`);
}

/** Any text, and hidden wherever settings are shown. */
const asPassword: Parse<Secret> = (node) => new Secret(node.kind === 'scalar' ? node.text : '');

const asDatabaseUrl: Parse<Secret> = (node, findings) => {
  const text = node.kind === 'scalar' ? node.text.trim() : '';
  if (!/^postgres(ql)?:\/\//.test(text)) {
    return findings.problem(
      node,
      'This is no address of a PostgreSQL server.',
      'Write it like postgresql://litellm:password@litellm-postgres:5432/litellm.',
    );
  }
  if (/<[^>]*>/.test(text)) {
    return findings.problem(
      node,
      'It still holds a `<placeholder>` of the example.',
      'Put in the real value.',
    );
  }
  const url = URL.parse(text);
  if (url === null || url.hash !== '' || url.search.includes('@') || /\s/.test(text)) {
    return findings.problem(
      node,
      'The address cannot be taken apart.',
      'Escape what is special in user and password: @ is %40, : is %3A, / is %2F, # is %23, ? is %3F, % is %25.',
    );
  }
  return new Secret(text);
};
