import { type AppConfig } from '@app/config';
import { CredentialSeal } from '@app/routing';
import { LedgerImport } from '@app/spend';
import { ApplyTarget } from './apply-target.js';
import { judgeConfig } from './judge-config.js';
import { IMPORT_ROUTE } from './map-spend-log.js';
import { moveDirectory } from './move-directory.js';
import { moveKeys } from './move-keys.js';
import { moveModels } from './move-models.js';
import { Mover } from './mover.js';
import { SpendMove } from './move-spend.js';
import { ReadOnlyTarget } from './read-only-target.js';
import { type ImportReport, reportOf } from './report.js';
import { SourceDatabase } from './source-database.js';

export interface ImportOptions {
  /** LiteLLM's database; it is only read. */
  readonly database: string;
  /** Default: DATABASE_URL, else the same. */
  readonly into?: string;
  /** Default: as for the gateway itself. */
  readonly configPath?: string;
  /** The variable that holds what LiteLLM has encrypted with. */
  readonly saltKeyEnv: string;
  /** False: nothing is written. */
  readonly apply: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** Carries everything over, or tells what would be. @throws Error for a configuration that no gateway would start with, and what databases throw */
export async function runImport(options: ImportOptions): Promise<ImportReport> {
  const startedAt = performance.now();
  const { env, apply } = options;
  const { config, report } = judgeConfig(env, options.configPath);
  if (apply && config === null) {
    const places = report.items.map(({ item, why }) => `${item}: ${why}`);
    throw new Error(`The gateway would not start with this config.yaml:\n${places.join('\n')}`);
  }
  const into = options.into ?? (config?.databaseUrl?.reveal() || env['DATABASE_URL'] || options.database);
  const source = await SourceDatabase.open(options.database);
  try {
    const target = apply && config ? await ApplyTarget.open(config, into) : await ReadOnlyTarget.open(into);
    try {
      const mover = new Mover(source, target, new Date());
      mover.kinds.push(report);
      await moveAll(mover, options, config, into);
      return reportOf(mover.kinds, apply, (performance.now() - startedAt) / 1_000);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function moveAll(
  mover: Mover,
  { env, saltKeyEnv }: ImportOptions,
  config: AppConfig | null,
  into: string,
): Promise<void> {
  const directory = await moveDirectory(mover);
  const owners = await moveKeys(mover, directory);
  // LiteLLM falls back to the master key, as we do.
  const salt = env[saltKeyEnv] || config?.masterKey.reveal() || env['LITELLM_MASTER_KEY'] || null;
  await moveModels(mover, {
    salt,
    seal: config && new CredentialSeal(config.saltKey, config.oldSaltKeys),
    env,
  });
  const ledger = mover.target.query ? new LedgerImport(into, IMPORT_ROUTE) : null;
  try {
    await new SpendMove(mover, ledger).run(owners);
  } finally {
    await ledger?.close();
  }
}
