import { parseArgs } from 'node:util';
import { readEnvironment } from '@app/config';
import { Logger } from '@nestjs/common';
import { reportText } from './import/report.js';
import { runImport } from './import/run-import.js';

const USAGE = `Usage: npm run import -- litellm --config config.yaml --database postgresql://… [--into postgresql://…]
         [--salt-key-env LITELLM_SALT_KEY] [--apply] [--json]

Carries keys, users, teams, budgets, models and spend over from LiteLLM's database, which is only read. Without --apply
nothing is written: it tells what would be. See docs/moving-from-litellm.md.
`;

/** `npm run import -- litellm …`: ends with 0, with 2 where it was called wrongly, else with 1. */
const { values, positionals } = readArguments();
if (positionals.length !== 1 || positionals[0] !== 'litellm' || !values.database) usage();
// Standard output belongs to the report.
Logger.overrideLogger(false);

try {
  const report = await runImport({
    database: values.database,
    ...(values.into !== undefined && { into: values.into }),
    ...(values.config !== undefined && { configPath: values.config }),
    saltKeyEnv: values['salt-key-env'],
    apply: values.apply,
    env: readEnvironment(),
  });
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : reportText(report));
} catch (error) {
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exitCode = 1;
}

/** An attempt at several addresses of one host has an error for each of them, and no message of its own. */
function sentenceOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(sentenceOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        database: { type: 'string' },
        into: { type: 'string' },
        'salt-key-env': { type: 'string', default: 'LITELLM_SALT_KEY' },
        apply: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return usage();
  }
}

function usage(): never {
  process.stderr.write(USAGE);
  process.exit(2);
}
