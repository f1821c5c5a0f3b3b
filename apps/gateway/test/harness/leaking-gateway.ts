/** What no gateway may be: tells each of its secrets, in another form and place. The search of the tests has to see all. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import pg from 'pg';

const KEY = 'sk-one-key-that-is-told-0815';
const { env } = process;
const of = (name: string): string => env[name] ?? '';
const journal = of('JOURNAL_DIR');

const database = new pg.Client(of('DATABASE_URL'));
await database.connect();
await database.query('CREATE TABLE leaks (words text)');
const hex = Buffer.from(of('LITELLM_MASTER_KEY')).toString('hex');
await database.query('INSERT INTO leaks VALUES ($1)', [hex]);
await database.end();

mkdirSync(journal, { recursive: true });
writeFileSync(join(journal, '1.journal'), `?from=${encodeURIComponent(of('DATABASE_URL'))}`);
const credentials = Buffer.from(`pk-lf-1:${of('LANGFUSE_SECRET_KEY')}`).toString('base64');
process.stderr.write(`Basic ${credentials}\n`);
process.stdout.write(`${JSON.stringify({ provider: of('PROVIDER_API_KEY') })}\n`);

createServer((req, res) => {
  if (req.url === '/metrics') res.end(`gateway_info{salt="${of('LITELLM_SALT_KEY')}"} 1\n`);
  else if (req.url === '/key/generate') {
    process.stdout.write(`made ${KEY}\n`);
    res.end(JSON.stringify({ key: KEY }));
  } else res.end(`connected to ${of('DATABASE_URL')}`);
}).listen(Number(of('PORT')), of('HOST'));
