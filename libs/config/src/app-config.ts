import { type JsonObject, type Secret } from '@app/call';

/** Everything the process was told, judged and frozen. Hot reload swaps it whole. */
export interface AppConfig {
  readonly host: string;
  readonly port: number;
  /** Absolute path of config.yaml. */
  readonly configPath: string;
  /** Absolute paths of config.yaml and of everything it includes. */
  readonly configFiles: readonly string[];
  /** How many processes serve requests. */
  readonly workers: number;
  readonly masterKey: Secret;
  /** Encrypts stored credentials; derived from the master key where LITELLM_SALT_KEY is empty. */
  readonly saltKey: Secret;
  /** What was encrypted with these is read too, and encrypted anew with `saltKey`. */
  readonly oldSaltKeys: readonly Secret[];
  /** Null: the embedded server in `dataDir`. */
  readonly databaseUrl: Secret | null;
  readonly databasePoolSize: number;
  /** Where the embedded database and generated keys live. */
  readonly dataDir: string;
  /** Null: no durable directory, rows go to PostgreSQL directly. */
  readonly journalDir: string | null;
  readonly journalSync: 'interval' | 'always';
  /** How long a replaced credential goes on working where a rotation does not say; null: not at all. */
  readonly keyRotationGrace: string | null;
  readonly storeModelInDb: boolean;
  readonly allowInsecureDev: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly corsOrigins: readonly string[];
  /** Where uploads that cannot be streamed wait, unlinked. */
  readonly spoolDir: string;
  /** The address that people open, without a trailing slash; null where it is not told. */
  readonly publicUrl: string | null;
  readonly ui: UiSettings;
  readonly models: readonly ModelEntry[];
  readonly router: RouterSettings;
  readonly general: GeneralSettings;
  readonly litellm: LitellmSettings;
  readonly searchTools: readonly SearchToolEntry[];
  readonly langfuse: LangfuseSettings | null;
  /** Null: no spans leave. */
  readonly openTelemetry: OpenTelemetrySettings | null;
  /** Things that are odd but do not stop the boot: unknown keys, unset callbacks. One sentence each. */
  readonly warnings: readonly string[];
  /** What is in effect and where each value comes from, for people to read; secrets only as "set". */
  readonly settings: readonly SettingInEffect[];
}

/** A setting as the pages show it. */
export interface SettingInEffect {
  /** `router_settings.num_retries` or `JOURNAL_DIR`. */
  readonly name: string;
  readonly value: string;
  /** `config.yaml, line 41`, `environment` or `default`. */
  readonly from: string;
}

/** How the administrator logs in to the pages. */
export interface UiSettings {
  readonly username: string;
  /** Null: the master key. */
  readonly password: Secret | null;
  /** A login over plain HTTP from another machine is let in. */
  readonly allowHttp: boolean;
}

/** One entry of `model_list`; `os.environ/…` is resolved, prices are pico-dollars. */
export interface ModelEntry {
  readonly modelName: string;
  /** `provider/name`, wildcards kept. */
  readonly model: string;
  readonly apiBase: string | null;
  readonly apiKey: Secret | null;
  /** Of the provider's API, where it has several. */
  readonly apiVersion: string | null;
  readonly timeoutMs: number | null;
  readonly streamTimeoutMs: number | null;
  readonly connectTimeoutMs: number | null;
  /** Longest silence between two pieces of an answer. */
  readonly idleTimeoutMs: number | null;
  readonly numRetries: number | null;
  readonly cooldownMs: number | null;
  readonly weight: number | null;
  readonly order: number | null;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly maxParallelRequests: number | null;
  readonly tags: readonly string[];
  readonly extraHeaders: Readonly<Record<string, string>>;
  /** OpenAI parameters of litellm_params: defaults for this deployment. */
  readonly defaults: JsonObject;
  /** `id` is always there: as written, else a hash of the entry that survives restarts. */
  readonly modelInfo: JsonObject;
  /** Prices as written (USD per unit), from litellm_params or model_info, keys such as `input_cost_per_token`. */
  readonly prices: Readonly<Record<string, string>>;
}

/** `router_settings`: which deployment is asked, and what happens where it fails. */
export interface RouterSettings {
  readonly routingStrategy: string;
  readonly modelGroupAlias: Readonly<Record<string, { readonly model: string; readonly hidden: boolean }>>;
  readonly numRetries: number;
  readonly timeoutMs: number | null;
  readonly streamTimeoutMs: number | null;
  readonly connectTimeoutMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly fallbacks: Readonly<Record<string, readonly string[]>>;
  readonly contextWindowFallbacks: Readonly<Record<string, readonly string[]>>;
  readonly contentPolicyFallbacks: Readonly<Record<string, readonly string[]>>;
  readonly defaultFallbacks: readonly string[];
  readonly allowedFails: number;
  /** 0: a deployment that fails is never rested. */
  readonly cooldownMs: number;
  readonly maxFallbacks: number;
  /** Requests and tokens a minute, and the length of prompts, decide who may be asked. */
  readonly enablePreCallChecks: boolean;
  /** Tags of a request decide who may be asked. */
  readonly enableTagFiltering: boolean;
  /** One tag in common is enough. */
  readonly tagFilteringMatchAny: boolean;
  /** A conversation stays at one deployment though it names no session. */
  readonly deploymentAffinity: boolean;
}

/** `general_settings`: the gateway itself. Times are null for ever, limits null for none. */
export interface GeneralSettings {
  /** Exact paths, or prefixes ending in `/*`, that need no key. */
  readonly publicRoutes: readonly string[];
  readonly passThroughEndpoints: readonly PassThroughEntry[];
  /** Lower case. */
  readonly keyHeaderName: string | null;
  /** Host names that are answered; empty: all. */
  readonly allowedHosts: readonly string[];
  /** CIDR blocks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly clientRateLimit: { readonly average: number; readonly burst: number } | null;
  readonly allowMockRequests: boolean;
  readonly allowPrivateUpstreams: boolean;
  readonly maxRequestBytes: number;
  readonly storePromptsInSpendLogs: boolean;
  readonly spendLogsRetentionMs: number | null;
  /** Of prompts and answers, where they are stored. */
  readonly storedPromptsRetentionMs: number | null;
  /** Lower case: the header that names the end user. */
  readonly userHeaderName: string | null;
  readonly compat: 'latest' | '1.81';
  readonly alwaysIncludeStreamUsage: boolean;
  /** Moderates where a request names no model. */
  readonly moderationModel: string | null;
  /** Responses and conversations that a provider keeps are open to every key that knows their id. */
  readonly disableResponsesIdSecurity: boolean;
}

/** `litellm_settings`: what holds for every call, key, team and user. */
export interface LitellmSettings {
  readonly requestTimeoutMs: number;
  readonly callbacks: readonly string[];
  readonly successCallbacks: readonly string[];
  readonly failureCallbacks: readonly string[];
  readonly requireAuthForMetrics: boolean;
  /** `/metrics` tells what is left of the limits of keys, teams and users, by name. */
  readonly publishesBudgets: boolean;
  readonly dropParams: boolean;
  readonly turnOffMessageLogging: boolean;
  readonly langfuseDefaultTags: readonly string[];
  readonly webSearch: WebSearchSettings;
  /** Null: no answer is kept. */
  readonly cache: CacheSettings | null;
  readonly maxBudgetPicoUsd: bigint | null;
  readonly budgetDuration: string | null;
  /** What a new key has that says nothing of it, by the names of `POST /key/generate`. */
  readonly keyDefaults: Readonly<JsonObject>;
  /** What no key may go beyond, likewise. */
  readonly keyBounds: Readonly<JsonObject>;
  /** Who may make keys of a team and keys of his own. */
  readonly keyGeneration: { readonly team: KeyGenerationRule; readonly personal: KeyGenerationRule };
  /** What a new team has that says nothing of it, by the names of `POST /team/new`. */
  readonly teamDefaults: Readonly<JsonObject>;
  /** What a new user has who is no administrator, by the names of `POST /user/new`. */
  readonly userDefaults: Readonly<JsonObject>;
}

/** Who makes keys that are no administrator's doing. */
export interface KeyGenerationRule {
  /** Of members in their team, or of users; null: every role that may make keys. */
  readonly allowedRoles: readonly string[] | null;
  /** What a request has to say, by the names of `POST /key/generate`. */
  readonly requiredParams: readonly string[];
}

/** Where answers are kept that may be given again, and for whom. */
export interface CacheSettings {
  readonly store: 'memory' | 'postgres';
  readonly ttlMs: number;
  /** Only calls that ask for it (`use-cache`) take part. */
  readonly isOptIn: boolean;
  /** Sets of answers that know nothing of each other, such as those of several gateways on one database. */
  readonly namespace: string;
  /** Whose calls are answered with each other's answers. */
  readonly sharedBy: 'key' | 'team' | 'everyone';
  readonly callTypes: readonly string[];
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
}

/** The search that the gateway runs itself when a model asks for it. */
export interface WebSearchSettings {
  /** Null: the first search tool. */
  readonly toolName: string | null;
  /** How often the model may search before it has to answer. */
  readonly maxLoops: number;
}

/** One entry of `pass_through_endpoints`: a path that leads straight to a backend. */
export interface PassThroughEntry {
  readonly path: string;
  readonly target: string;
  readonly includeSubpath: boolean;
  readonly auth: boolean;
  readonly forwardHeaders: boolean;
  readonly mergeQueryParams: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly costPerRequestPicoUsd: bigint | null;
}

/** One entry of `search_tools`; entries with the same name share the load. */
export interface SearchToolEntry {
  readonly name: string;
  readonly provider: string;
  readonly apiBase: string | null;
  readonly apiKey: Secret | null;
  readonly timeoutMs: number;
  readonly description: string | null;
}

/** Where spans of each call go, as OTLP over HTTP. */
export interface OpenTelemetrySettings {
  /** `/v1/traces` follows. */
  readonly endpoint: string;
  /** `name=value`, with commas between, as the variable has it. */
  readonly headers: Secret | null;
  readonly serviceName: string;
}

/** Where traces go, and what marks each of them. */
export interface LangfuseSettings {
  readonly publicKey: string;
  readonly secretKey: Secret;
  readonly host: string;
  readonly transport: 'auto' | 'otel' | 'legacy';
  readonly release: string | null;
  readonly environment: string | null;
  readonly flushIntervalMs: number;
}
