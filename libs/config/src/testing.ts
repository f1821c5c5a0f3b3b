import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonObject, Secret } from '@app/call';
import {
  type AppConfig,
  type CacheSettings,
  type GeneralSettings,
  type LitellmSettings,
  type ModelEntry,
  type RouterSettings,
} from './app-config.js';
import { ConfigError, type Problem } from './config-error.js';
import { ConfigStore } from './config-store.js';
import { loadConfig } from './load-config.js';

interface ConfigOverrides extends Partial<Omit<AppConfig, 'router' | 'general' | 'litellm'>> {
  readonly router?: Partial<RouterSettings>;
  readonly general?: Partial<GeneralSettings>;
  readonly litellm?: Partial<LitellmSettings>;
}

/** One deployment of `gpt-4` on a port that nobody answers. */
export function aModelEntry(overrides: Partial<ModelEntry> = {}): ModelEntry {
  const modelInfo: JsonObject = { id: 'deployment-1', mode: 'chat', ...overrides.modelInfo };
  return {
    modelName: 'gpt-4',
    model: 'openai/qwen3-30b-a3b',
    apiBase: 'http://127.0.0.1:1/v1',
    apiVersion: null,
    apiKey: null,
    timeoutMs: null,
    streamTimeoutMs: null,
    connectTimeoutMs: null,
    idleTimeoutMs: null,
    numRetries: null,
    cooldownMs: null,
    weight: null,
    order: null,
    rpm: null,
    tpm: null,
    maxParallelRequests: null,
    tags: [],
    extraHeaders: {},
    defaults: {},
    prices: {},
    ...overrides,
    modelInfo,
  };
}

function routerSettings(): RouterSettings {
  return {
    routingStrategy: 'simple-shuffle',
    modelGroupAlias: {},
    numRetries: 2,
    timeoutMs: null,
    streamTimeoutMs: null,
    connectTimeoutMs: null,
    idleTimeoutMs: null,
    fallbacks: {},
    contextWindowFallbacks: {},
    contentPolicyFallbacks: {},
    defaultFallbacks: [],
    allowedFails: 3,
    cooldownMs: 5_000,
    maxFallbacks: 5,
    enablePreCallChecks: false,
    enableTagFiltering: false,
    tagFilteringMatchAny: true,
    deploymentAffinity: false,
  };
}

function generalSettings(): GeneralSettings {
  return {
    publicRoutes: [],
    passThroughEndpoints: [],
    keyHeaderName: null,
    allowedHosts: [],
    trustedProxies: [],
    clientRateLimit: null,
    allowMockRequests: false,
    allowPrivateUpstreams: true,
    maxRequestBytes: 20 * 1024 * 1024,
    storePromptsInSpendLogs: false,
    spendLogsRetentionMs: null,
    storedPromptsRetentionMs: 30 * 86_400_000,
    userHeaderName: null,
    compat: 'latest',
    alwaysIncludeStreamUsage: false,
    moderationModel: null,
    disableResponsesIdSecurity: false,
  };
}

function litellmSettings(): LitellmSettings {
  return {
    requestTimeoutMs: 6_000_000,
    callbacks: [],
    successCallbacks: [],
    failureCallbacks: [],
    requireAuthForMetrics: false,
    publishesBudgets: false,
    dropParams: false,
    turnOffMessageLogging: false,
    langfuseDefaultTags: [],
    webSearch: { toolName: null, maxLoops: 3 },
    cache: null,
    maxBudgetPicoUsd: null,
    budgetDuration: null,
    keyDefaults: {},
    keyBounds: {},
    keyGeneration: {
      team: { allowedRoles: null, requiredParams: [] },
      personal: { allowedRoles: null, requiredParams: [] },
    },
    teamDefaults: {},
    userDefaults: {},
  };
}

/** A cache in memory for chat completions: a minute long, each key's answers for itself. */
export function aCacheSettings(overrides: Partial<CacheSettings> = {}): CacheSettings {
  return {
    store: 'memory',
    ttlMs: 60_000,
    isOptIn: false,
    namespace: '',
    sharedBy: 'key',
    callTypes: ['acompletion'],
    maxBytes: 1_000_000,
    maxEntryBytes: 10_000,
    ...overrides,
  };
}

/** A configuration that needs neither file nor environment. Sections may be given in part. */
export function anAppConfig(overrides: ConfigOverrides = {}): AppConfig {
  return {
    host: '127.0.0.1',
    port: 0,
    configPath: '/nowhere/config.yaml',
    configFiles: [],
    workers: 1,
    masterKey: new Secret('sk-master-key-of-the-tests'),
    saltKey: new Secret('salt-key-of-the-tests-0123'),
    oldSaltKeys: [],
    databaseUrl: null,
    databasePoolSize: 10,
    dataDir: '/nowhere/data',
    journalDir: null,
    journalSync: 'interval',
    keyRotationGrace: null,
    storeModelInDb: false,
    allowInsecureDev: false,
    logLevel: 'error',
    corsOrigins: [],
    spoolDir: '/tmp',
    publicUrl: null,
    ui: { username: 'admin', password: null, allowHttp: false },
    models: [aModelEntry()],
    searchTools: [],
    langfuse: null,
    openTelemetry: null,
    warnings: [],
    settings: [],
    ...overrides,
    router: { ...routerSettings(), ...overrides.router },
    general: { ...generalSettings(), ...overrides.general },
    litellm: { ...litellmSettings(), ...overrides.litellm },
  };
}

/** A store around {@link anAppConfig}; a reload changes nothing. */
export function aConfigStore(overrides: ConfigOverrides = {}): ConfigStore {
  const config = anAppConfig(overrides);
  return new ConfigStore(config, () => config);
}

/** An environment that is enough to start with. */
export const ENOUGH_ENVIRONMENT: Readonly<Record<string, string>> = {
  LITELLM_MASTER_KEY: 'sk-master-key-of-the-tests',
  LITELLM_SALT_KEY: 'salt-key-of-the-tests-0123',
  JOURNAL_DIR: '/nowhere/journal',
};

/** What a gateway makes of this config.yaml; `files` are further files beside it. */
export function configFrom(
  yaml: string | Uint8Array,
  env: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): AppConfig {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-config-'));
  try {
    const configPath = join(folder, 'config.yaml');
    writeFileSync(configPath, yaml);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return loadConfig({ env: { ...ENOUGH_ENVIRONMENT, ...env }, configPath });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The problems of a config.yaml that must not be accepted. */
export function problemsFrom(...given: Parameters<typeof configFrom>): readonly Problem[] {
  try {
    configFrom(...given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
