/** One environment variable: the source of its default, of `.env.example` and of docs/configuration.md. */
export interface VariableRow {
  readonly name: string;
  readonly section: string;
  /** For people who set it, in whole sentences. */
  readonly description: string;
  /** Used where it is unset or empty. */
  readonly default?: string;
  /** Shown in `.env.example` where it helps more than the default. */
  readonly example?: string;
  readonly secret?: true;
  readonly required?: true;
  /** Stands in `.env.example` without a `#`, to be filled in. */
  readonly fillIn?: true;
  /** docker-compose.yml reads it, the gateway does not. */
  readonly composeOnly?: true;
}

type Extras = Omit<VariableRow, 'name' | 'section' | 'description'>;

function section(
  title: string,
  rows: Record<string, readonly [description: string, extras?: Extras]>,
): VariableRow[] {
  return Object.entries(rows).map(([name, [description, extras]]) => ({
    name,
    section: title,
    description,
    ...extras,
  }));
}

const ACCESS = section('Access', {
  LITELLM_MASTER_KEY: [
    'The key of the administrator: it may do everything and logs in at /ui. At least 20 characters, for example the output of `openssl rand -hex 24` with `sk-` before it.',
    { required: true, secret: true, fillIn: true },
  ],
  LITELLM_SALT_KEY: [
    'Encrypts the credentials that are stored in the database. At least 20 characters. Where it is empty it is derived from the master key. To change it, name the old one in LITELLM_SALT_KEY_OLD.',
    { secret: true, fillIn: true },
  ],
  LITELLM_SALT_KEY_OLD: [
    'The salt key before a change, or the master key of then where there was no salt key. What it has encrypted is read, and encrypted anew with LITELLM_SALT_KEY at the start; see docs/operating.md. Take it away afterwards.',
    { secret: true },
  ],
  LITELLM_KEY_ROTATION_GRACE_PERIOD: [
    'How long the old credential of a key goes on working after a new one was made, such as `24h`, where the request does not say. Empty: it ends at once; for keys that rotate by themselves 7 days, at most their interval.',
    { example: '24h' },
  ],
  UI_USERNAME: ['The name that logs in at /ui.', { default: 'admin' }],
  UI_PASSWORD: [
    'The password that logs in at /ui. Where it is empty it is the master key.',
    { secret: true },
  ],
  UI_ALLOW_HTTP: [
    '`True` lets people log in over plain HTTP from other machines. Leave it off wherever others can listen on the network.',
    { default: 'False' },
  ],
  LITELLM_CORS_ORIGINS: [
    'Web pages that may call the API from a browser: origins with commas between them, such as `https://chat.example.org`. `*` means all of them. Empty: none.',
  ],
  ALLOW_INSECURE_DEV: [
    '`1` starts with a missing or weak master key, on this machine only (HOST must be a loopback address). For trying things out.',
    { default: '0' },
  ],
});

const LISTENER = section('Listener', {
  HOST: [
    'The address to listen on. `127.0.0.1` is reachable from this machine only.',
    { default: '0.0.0.0' },
  ],
  PORT: ['The port to listen on. `0` picks a free one.', { default: '4000' }],
  WORKERS: [
    'How many processes serve requests on the one port, on Linux: one for each core that is to work. Each takes about 250 MB and `general_settings.database_connection_pool_limit` connections to PostgreSQL.',
    { default: '1' },
  ],
  NUM_WORKERS: ["LiteLLM's name for WORKERS, read where that is empty."],
  PROXY_BASE_URL: [
    'The address that people open, for links and examples in the UI.',
    { example: 'https://llm.haiven.local' },
  ],
  CONFIG_FILE_PATH: ['The file with models and settings.', { default: 'config.yaml' }],
  LITELLM_LOG: ['How much is logged: DEBUG, INFO, WARNING or ERROR.', { default: 'INFO' }],
});

const DATABASE = section('Database', {
  DATABASE_URL: [
    'The PostgreSQL server. Where it is empty, and DATABASE_HOST too, the gateway runs a PostgreSQL server of its own in DATA_DIR. Characters such as `@ : / #` in the password are written as `%40 %3A %2F %23`.',
    { secret: true, example: 'postgresql://litellm:<password>@litellm-postgres:5432/litellm' },
  ],
  DATABASE_HOST: [
    'The same in parts, read where DATABASE_URL is empty: the host.',
    { example: 'litellm-postgres' },
  ],
  DATABASE_PORT: ['… its port.', { default: '5432' }],
  DATABASE_USERNAME: ['… the user.', { example: 'litellm' }],
  DATABASE_PASSWORD: ['… the password, as it is, nothing is escaped.', { secret: true }],
  DATABASE_NAME: ['… the database.', { example: 'litellm' }],
  DATA_DIR: ['Where the built-in PostgreSQL server keeps its data.', { default: 'data' }],
  STORE_MODEL_IN_DB: [
    '`True` allows models to be added and changed at run time; they are stored in the database beside those of config.yaml.',
    { default: 'False' },
  ],
  POSTGRES_USER: [
    'The user that the PostgreSQL container creates.',
    { default: 'litellm', fillIn: true, composeOnly: true },
  ],
  POSTGRES_PASSWORD: ['Its password.', { secret: true, fillIn: true, composeOnly: true }],
  POSTGRES_DB: [
    'The database that the PostgreSQL container creates.',
    { default: 'litellm', fillIn: true, composeOnly: true },
  ],
});

const RECORDS = section('Records of usage', {
  JOURNAL_DIR: [
    'A folder on a lasting disk: each call is written there before its answer ends, then shipped to PostgreSQL, so that spend survives a crash and a database that is away. Empty: with the built-in PostgreSQL server `journal` in DATA_DIR, else no journal.',
    { example: '/var/lib/gateway/journal' },
  ],
  JOURNAL_SYNC: [
    '`interval` forces the journal to the disk every 50 ms, `always` before each answer ends: safe against a power cut, and slower.',
    { default: 'interval' },
  ],
  TMPDIR: ['Where large uploads wait that cannot be passed on at once.', { default: '/tmp' }],
});

const BACKENDS = section('Backends', {
  LLAMA_SWAP_API_BASE: [
    'llama-swap, which runs the language models.',
    { default: 'http://llama-swap:8080/v1' },
  ],
  OPENEDAI_SPEECH_API_BASE: [
    'openedai-speech, which speaks for tts-1 and tts-1-hd.',
    { default: 'http://openedai-speech:8000/v1' },
  ],
  STYLETTS2_API_BASE: [
    'styletts2-openai, which speaks for styletts2.',
    { default: 'http://styletts2-openai:8000/v1' },
  ],
  FASTER_WHISPER_API_BASE: [
    'faster-whisper, which transcribes.',
    { default: 'http://faster-whisper:8000/v1' },
  ],
  SEARXNG_API_BASE: ['SearXNG, which searches the web.', { default: 'http://searxng:8080' }],
  SEARXNG_API_KEY: ['Sent to SearXNG as a bearer token, where it wants one.', { secret: true }],
  OPENAI_API_BASE: [
    'Used by models that begin with `openai/` and have no `api_base`. OPENAI_BASE_URL means the same.',
  ],
  OPENAI_BASE_URL: ['See OPENAI_API_BASE.'],
  OPENAI_API_KEY: [
    'Used by models that begin with `openai/` and have neither `api_base` nor `api_key`. Other providers have the same pair of variables under their own name, such as ANTHROPIC_API_KEY. A key never goes to the `api_base` of a model by this way.',
    { secret: true },
  ],
});

const LANGFUSE = section('Langfuse', {
  LANGFUSE_PUBLIC_KEY: ['The public key of the Langfuse project. Empty: nothing is sent.', { fillIn: true }],
  LANGFUSE_SECRET_KEY: [
    'The secret key of the Langfuse project. Empty: nothing is sent.',
    { secret: true, fillIn: true },
  ],
  LANGFUSE_HOST: [
    'The address of Langfuse. LANGFUSE_BASE_URL means the same.',
    { default: 'https://cloud.langfuse.com', example: 'http://langfuse:3000', fillIn: true },
  ],
  LANGFUSE_BASE_URL: ['See LANGFUSE_HOST.'],
  LANGFUSE_TRANSPORT: [
    '`otel` for current servers, `legacy` for servers that know only the older ingestion API, `auto` asks the server for its version.',
    { default: 'auto' },
  ],
  LANGFUSE_RELEASE: ['Marks every trace with a release.'],
  LANGFUSE_TRACING_ENVIRONMENT: ['Marks every trace with an environment, such as `production`.'],
  LANGFUSE_FLUSH_INTERVAL: ['Seconds between two deliveries.', { default: '1' }],
});

const OPEN_TELEMETRY = section('OpenTelemetry', {
  OTEL_EXPORTER_OTLP_ENDPOINT: [
    'Where spans of each call go, over HTTP: `/v1/traces` follows. They carry no prompt and no answer. Empty: nowhere.',
    { example: 'http://otel-collector:4318' },
  ],
  OTEL_EXPORTER_OTLP_HEADERS: [
    'Headers for it, such as `authorization=Bearer …`, with commas between.',
    { secret: true },
  ],
  OTEL_SERVICE_NAME: ['How the gateway is called there.', { default: 'llm-gateway' }],
});

const ROUTING = section('Defaults of routing', {
  REQUEST_TIMEOUT: ['Seconds, where config.yaml has no `request_timeout`.', { default: '6000' }],
  DEFAULT_MAX_RETRIES: ['Retries of a call, where config.yaml has no `num_retries`.', { default: '2' }],
  ROUTER_MAX_FALLBACKS: ['Where config.yaml has no `max_fallbacks`.', { default: '5' }],
  DEFAULT_ALLOWED_FAILS: ['Where config.yaml has no `allowed_fails`.', { default: '3' }],
  DEFAULT_COOLDOWN_TIME_SECONDS: ['Where config.yaml has no `cooldown_time`.', { default: '5' }],
});

/** Every variable that has a meaning, in the order in which people meet them. */
export const ENVIRONMENT_TABLE: readonly VariableRow[] = [
  ...ACCESS,
  ...LISTENER,
  ...DATABASE,
  ...RECORDS,
  ...BACKENDS,
  ...LANGFUSE,
  ...OPEN_TELEMETRY,
  ...ROUTING,
];

export const ENVIRONMENT_DEFAULTS: ReadonlyMap<string, string> = new Map(
  ENVIRONMENT_TABLE.flatMap((row) => (row.default === undefined ? [] : [[row.name, row.default] as const])),
);
