import { type DynamicModule, Module } from '@nestjs/common';
import { type AppConfig } from './app-config.js';
import { ConfigStore } from './config-store.js';
import { readEnvironment } from './environment.js';
import { loadConfig } from './load-config.js';

/** The one configuration of the process. */
@Module({})
export class ConfigModule {
  /**
   * Offers one {@link ConfigStore} to every module. `load` is what a reload runs; by default it reads the
   * environment and the same config.yaml again.
   */
  static forRoot(
    config: AppConfig,
    load: () => AppConfig = () =>
      loadConfig({ env: readEnvironment(), configPath: config.configPath, mayBeEmpty: false }),
  ): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: ConfigStore, useValue: new ConfigStore(config, load) }],
      exports: [ConfigStore],
    };
  }
}
