export {
  type AppConfig,
  type CacheSettings,
  type GeneralSettings,
  type KeyGenerationRule,
  type LangfuseSettings,
  type LitellmSettings,
  type ModelEntry,
  type OpenTelemetrySettings,
  type PassThroughEntry,
  type RouterSettings,
  type SearchToolEntry,
  type SettingInEffect,
  type UiSettings,
  type WebSearchSettings,
} from './app-config.js';
export { ConfigError, EXIT_CONFIG, type Place, type Problem } from './config-error.js';
export { ConfigModule } from './config.module.js';
export { ConfigStore, type ReloadResult } from './config-store.js';
export { readEnvironment } from './environment.js';
export { loadConfig, type LoadOptions } from './load-config.js';
export { readStoredModel, type StoredModel } from './stored-model.js';
