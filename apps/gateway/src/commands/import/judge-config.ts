import { type AppConfig, ConfigError, loadConfig } from '@app/config';
import { approximate, type KindReport, notSupported, type ReportItem } from './report.js';

export interface JudgedConfig {
  /** Null where a gateway would refuse it. */
  readonly config: AppConfig | null;
  readonly report: KindReport;
}

const KIND = 'config.yaml';

/** What this gateway makes of LiteLLM's config.yaml: whatever it would warn of or refuse at its start. */
export function judgeConfig(env: NodeJS.ProcessEnv, configPath: string | undefined): JudgedConfig {
  try {
    const config = loadConfig({ env, ...(configPath !== undefined && { configPath }), mayBeEmpty: false });
    const items = config.warnings.map((warning): ReportItem => {
      const [item = '', ...rest] = warning.split(': ');
      return { kind: KIND, item, ...approximate(rest.join(': ')) };
    });
    return { config, report: reportOf(items) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const items = error.problems.map(({ file, line, path, message, remedy }): ReportItem => {
      const place = line === null ? file : `${file}:${line}`;
      return { kind: KIND, item: `${place} ${path}`.trim(), ...notSupported(`${message} ${remedy}`) };
    });
    return { config: null, report: reportOf(items) };
  }
}

function reportOf(items: readonly ReportItem[]): KindReport {
  return { kind: KIND, found: 1, created: 0, changed: 0, unchanged: 0, kept: 0, items };
}
