import { resolve } from 'node:path';
import { type AppConfig } from './app-config.js';
import { asListOrCommas } from './collection-values.js';
import { type ConfigFiles } from './config-files.js';
import { type ConfigNode, type MappingNode } from './config-node.js';
import { EnvironmentSection, whereFrom } from './environment-section.js';
import { type Findings } from './findings.js';
import { asHostName, asOrigin, asUrl } from './network-values.js';
import { readDatabase } from './read-database.js';
import { readGeneral } from './read-general.js';
import { isLoopback, readKeys } from './read-keys.js';
import { readLangfuse } from './read-langfuse.js';
import { readOpenTelemetry } from './read-open-telemetry.js';
import { readLitellmSettings } from './read-litellm-settings.js';
import { readCredentials, readModels } from './read-models.js';
import { overSharedSettings, readRouter } from './read-router.js';
import { readSearchTools } from './read-search-tools.js';
import { resolveReferences } from './resolve-references.js';
import { asDurationText, asFlag, asNumber, asOneOf, asText } from './scalar-values.js';
import { Section } from './section.js';
import { type Variables } from './variables.js';

type Settings = Omit<AppConfig, 'configPath' | 'configFiles' | 'warnings' | 'settings'>;

const LOG_LEVELS = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  warn: 'warn',
  error: 'error',
  critical: 'error',
} as const;

/** Judges all that files and environment say together. The result counts only where no problem was found. */
export function readSettings(files: ConfigFiles, variables: Variables, findings: Findings): Settings {
  const tree = resolvedTree(files.root, variables, findings);
  const root = new Section(tree, findings);
  const env = new EnvironmentSection(variables, findings);
  const node = (name: string): MappingNode =>
    Section.mapping(root.entry(name), { path: name, place: tree.place }, findings);
  const listed = (mapping: MappingNode): Section => new Section(mapping, findings, whereFrom);
  const general = listed(node('general_settings'));
  const litellm = listed(node('litellm_settings'));
  const router = listed(overSharedSettings(node('router_settings'), litellm.node));

  const process = readProcess(env);
  const keys = readKeys({ env, general, insecure: process.allowInsecureDev, complete: files.complete });
  const database = readDatabase(env, general);
  const credentials = readCredentials(root.entry('credential_list'), findings);
  const models = readModels(root.entry('model_list'), { findings, variables, credentials });
  const litellmSettings = readLitellmSettings(litellm, env);
  const searchLists = [root, general, router].map((section) => section.entry('search_tools'));
  const settings: Settings = {
    ...process,
    ...keys,
    ...database,
    models,
    general: readGeneral(general),
    litellm: litellmSettings,
    router: readRouter(router, { models, storeModelInDb: database.storeModelInDb, env }),
    searchTools: readSearchTools(searchLists, env, findings),
    langfuse: readLangfuse(env, litellmSettings),
    openTelemetry: readOpenTelemetry(env),
  };
  finish({ config: root, general, litellm, router }, env);
  return settings;
}

function finish(
  sections: { config: Section; general: Section; litellm: Section; router: Section },
  env: EnvironmentSection,
): void {
  sections.config.entry('environment_variables');
  sections.config.finish('config.yaml');
  sections.general.finish('general_settings');
  sections.litellm.finish('litellm_settings');
  sections.router.finish('router_settings');
  env.warnOfUnknown();
}

/** `environment_variables` first, since the rest may refer to them. */
function resolvedTree(root: MappingNode, variables: Variables, findings: Findings): MappingNode {
  const entries = new Map<string, ConfigNode>(root.entries);
  const exported = entries.get('environment_variables');
  entries.delete('environment_variables');
  if (exported !== undefined) {
    const resolved = resolveReferences(exported, { variables, findings });
    variables.export(Section.mapping(resolved, resolved, findings), findings);
  }
  for (const [name, node] of entries) entries.set(name, resolveReferences(node, { variables, findings }));
  return { ...root, entries };
}

type ProcessSettings = Pick<
  Settings,
  | 'host'
  | 'port'
  | 'workers'
  | 'allowInsecureDev'
  | 'logLevel'
  | 'corsOrigins'
  | 'spoolDir'
  | 'publicUrl'
  | 'keyRotationGrace'
>;

function readProcess(env: EnvironmentSection): ProcessSettings {
  const host = env.value('HOST', asHostName);
  const workers = asNumber({ min: 1, max: 256, whole: true });
  const otherName = env.read('NUM_WORKERS', workers);
  const ownName = env.value('WORKERS', workers);
  const insecure = env.value('ALLOW_INSECURE_DEV', asFlag);
  if (insecure && !isLoopback(host)) {
    env.findings.warn(
      env.entry('ALLOW_INSECURE_DEV') ?? env.node,
      'It has no effect: HOST is no loopback address such as 127.0.0.1.',
    );
  }
  return {
    host,
    port: env.value('PORT', asNumber({ max: 65_535, whole: true })),
    workers: env.isSet('WORKERS') ? ownName : (otherName ?? ownName),
    allowInsecureDev: insecure && isLoopback(host),
    logLevel:
      LOG_LEVELS[env.value('LITELLM_LOG', asOneOf(Object.keys(LOG_LEVELS) as (keyof typeof LOG_LEVELS)[]))],
    corsOrigins: env.read('LITELLM_CORS_ORIGINS', asListOrCommas(asOrigin)) ?? [],
    spoolDir: resolve(env.value('TMPDIR', asText)),
    publicUrl: env.read('PROXY_BASE_URL', asUrl),
    keyRotationGrace: env.read('LITELLM_KEY_ROTATION_GRACE_PERIOD', asDurationText),
  };
}
