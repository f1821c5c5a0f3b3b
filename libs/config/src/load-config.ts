import { resolve } from 'node:path';
import { type AppConfig } from './app-config.js';
import { ConfigError } from './config-error.js';
import { readConfigFiles } from './config-files.js';
import { deepFreeze } from './deep-freeze.js';
import { Findings } from './findings.js';
import { readSettings } from './read-settings.js';
import { Variables } from './variables.js';

/** Where the configuration is read from. */
export interface LoadOptions {
  /** Such as {@link readEnvironment} gives; it is not changed. */
  readonly env: NodeJS.ProcessEnv;
  /** Wins over CONFIG_FILE_PATH. */
  readonly configPath?: string;
  /** False: an empty file is a problem, not a gateway without models. */
  readonly mayBeEmpty?: boolean;
}

/**
 * Reads config.yaml and the environment, judges all of it, and gives one frozen configuration.
 * @throws ConfigError with every problem that was found, not only the first.
 */
export function loadConfig({ env, configPath, mayBeEmpty = true }: LoadOptions): AppConfig {
  const findings = new Findings();
  const variables = new Variables(env);
  const path = resolve(configPath ?? variables.get('CONFIG_FILE_PATH') ?? 'config.yaml');
  const files = readConfigFiles(path, findings, mayBeEmpty);
  const settings = readSettings(files, variables, findings);
  if (findings.problems.length > 0) throw new ConfigError(findings.problems);
  const { warnings } = findings;
  return deepFreeze({
    ...settings,
    configPath: path,
    configFiles: files.files,
    warnings,
    settings: findings.settings,
  });
}
