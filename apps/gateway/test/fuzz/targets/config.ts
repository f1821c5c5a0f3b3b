import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { built, must, type Target } from '../target.ts';

interface Problem {
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly message: string;
  readonly remedy: string;
}

const { loadConfig } = await built<{ readonly loadConfig: (options: object) => object }>(
  'libs/config/src/load-config.js',
);
const { ConfigError } = await built<{
  readonly ConfigError: new (...args: never[]) => Error & { readonly problems: readonly Problem[] };
}>('libs/config/src/config-error.js');

const SECRET = 'sk-a-secret-of-the-environment';
const ENV = {
  LITELLM_MASTER_KEY: 'sk-master-key-of-the-tests',
  LITELLM_SALT_KEY: 'salt-key-of-the-tests-0123',
  JOURNAL_DIR: '/nowhere/journal',
  UPSTREAM_KEY: SECRET,
};
let path: string | null = null;

function configPath(): string {
  path ??= join(mkdtempSync(join(tmpdir(), 'gateway-fuzz-')), 'config.yaml');
  return path;
}

/** Every problem says where it is, within the file, and what to do; none tells a secret. */
function checkProblems(problems: readonly Problem[], lines: number): void {
  must(problems.length > 0, 'it is refused without a reason');
  for (const { file, line, column, message, remedy } of problems) {
    must(message !== '' && remedy !== '', 'a problem without words');
    must(!`${message}${remedy}`.includes(SECRET), `a problem tells a secret: ${message}`);
    if (!file.endsWith('config.yaml')) continue;
    must(
      line !== null && line >= 1 && line <= lines + 1,
      `a problem in line ${line ?? 'null'} of ${lines}: ${message}`,
    );
    must(column !== null && column >= 1, `a problem in column ${column ?? 'null'}: ${message}`);
  }
}

export const CONFIG: Target = {
  name: 'config',
  maxBytes: 2_048,
  seeds: [
    'model_list:\n  - model_name: gpt-4\n    litellm_params:\n      model: openai/qwen\n      api_base: http://127.0.0.1:1/v1\n      api_key: os.environ/UPSTREAM_KEY\n',
    'litellm_settings:\n  num_retries: 2\n  callbacks: [langfuse]\n  cache: true\n  cache_params: {type: local, ttl: 60}\nrouter_settings:\n  routing_strategy: least-busy\n  fallbacks: [{a: [b]}]\n',
    'general_settings:\n  master_key: sk-1234567890123456\n  max_request_size_mb: 20\n  pass_through_endpoints:\n    - path: /tts\n      target: http://127.0.0.1:2\n      include_subpath: true\n',
    'search_tools:\n  - search_tool_name: s\n    litellm_params: {search_provider: searxng, api_base: http://127.0.0.1:3}\nenvironment_variables:\n  A: b\ninclude: [other.yaml]\n',
    'a: &a [1, 2]\nb: *a\n<<: {c: 1}\n---\nd: |\n  text\n',
  ],
  words: [
    'model_list:',
    '  - model_name: ',
    'os.environ/UPSTREAM_KEY',
    'os.environ/GONE',
    '__proto__',
    '!!js/function',
    '*a',
    '&a ',
    '<<: ',
    '? ',
    '- ',
    '| ',
    '> ',
    '"',
    "'",
    '.inf',
    '.nan',
    '[[[[',
    '{',
    '\t',
    '#',
    '---',
    '\u00ef\u00bb\u00bf',
    '%YAML 1.1',
    '~',
    'general_settings:',
    'router_settings:',
    'litellm_settings:',
  ],
  run: (input) => {
    writeFileSync(configPath(), input);
    const lines = input.toString('utf8').split(/\r\n|\r|\n/).length;
    try {
      const config = loadConfig({ env: { ...ENV }, configPath: configPath() });
      must(Object.isFrozen(config), 'a configuration that can be changed');
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      checkProblems(error.problems, lines);
    }
    must(({} as Record<string, unknown>)['polluted'] === undefined, 'the prototype of all is changed');
    must(Object.keys(Object.prototype).length === 0, 'the prototype of all has members');
  },
};
