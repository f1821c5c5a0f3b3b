import { Logger } from '@nestjs/common';
import { type AppConfig } from './app-config.js';
import { ConfigError } from './config-error.js';

/** What came of {@link ConfigStore.reload}. */
export type ReloadResult =
  | {
      readonly ok: true;
      readonly config: AppConfig;
      /** Settings that changed but are read only at the start of the process, by their names. */
      readonly needsRestart: readonly string[];
    }
  | { readonly ok: false; readonly error: ConfigError };

type Listener = (next: AppConfig, previous: AppConfig) => void;

/**
 * The configuration in effect. Read `current` each time it is needed, never keep it: a reload swaps it whole.
 */
export class ConfigStore {
  readonly #listeners = new Set<Listener>();
  readonly #logger = new Logger(ConfigStore.name);
  #current: AppConfig;

  constructor(
    config: AppConfig,
    private readonly load: () => AppConfig,
  ) {
    this.#current = config;
  }

  get current(): AppConfig {
    return this.#current;
  }

  /** Swaps the configuration, then tells every listener. A listener that throws is logged and holds up nobody. */
  replace(next: AppConfig): void {
    const previous = this.#current;
    this.#current = next;
    for (const listener of [...this.#listeners]) {
      try {
        listener(next, previous);
      } catch (error) {
        this.#logger.error('A part of the gateway could not take the new configuration', error);
      }
    }
  }

  /** Calls `listener` after each swap; returns the function that stops it. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads and judges everything again; what cannot be used leaves the old configuration in effect. */
  reload(): ReloadResult {
    const previous = this.#current;
    try {
      const config = this.load();
      this.replace(config);
      return { ok: true, config, needsRestart: changedBootFields(previous, config) };
    } catch (error) {
      if (error instanceof ConfigError) return { ok: false, error };
      throw error;
    }
  }
}

function changedBootFields(previous: AppConfig, next: AppConfig): string[] {
  const before = bootFields(previous);
  return Object.entries(bootFields(next))
    .filter(([name, value]) => before[name] !== value)
    .map(([name]) => name);
}

/** What is read once, when the process starts; by the names that people set. */
function bootFields(config: AppConfig): Record<string, string> {
  return {
    HOST: config.host,
    PORT: String(config.port),
    WORKERS: String(config.workers),
    DATABASE_URL: config.databaseUrl?.reveal() ?? '',
    'general_settings.database_connection_pool_limit': String(config.databasePoolSize),
    DATA_DIR: config.dataDir,
    JOURNAL_DIR: config.journalDir ?? '',
    JOURNAL_SYNC: config.journalSync,
    LITELLM_SALT_KEY: config.saltKey.reveal(),
    LITELLM_SALT_KEY_OLD: config.oldSaltKeys.map((key) => key.reveal()).join(' '),
  };
}
