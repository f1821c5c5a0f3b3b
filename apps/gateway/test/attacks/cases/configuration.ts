import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configText } from '../../harness/gateway-config.ts';
import { type Gateway, startGateway } from '../../harness/gateway.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding, inTurn } from '../attack.ts';

const EXIT_PATIENCE_MS = 15_000;

interface BadBoot {
  readonly name: string;
  readonly config: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What the message must name. */
  readonly says: RegExp;
}

const LAUGHS = ['a: &a ["lol","lol"]', ...Array.from({ length: 9 }, (_, i) => level(i))].join('\n');

function level(i: number): string {
  const [name, below] = [String.fromCharCode(98 + i), String.fromCharCode(97 + i)];
  return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${below}`).join(',')}]`;
}

const model = (more: string): string =>
  `model_list:\n  - model_name: a\n    litellm_params:\n      model: openai/a\n      api_base: http://127.0.0.1:9/v1\n${more}`;

const BOOTS: readonly BadBoot[] = [
  { name: 'billion laughs', config: LAUGHS, says: /alias|anchor|yaml/i },
  {
    name: 'the same key twice',
    config: `${model('')}\nmodel_list: []\n`,
    says: /model_list|duplicate|unique|twice/i,
  },
  {
    name: '!!js/function',
    config: `${model('')}\nx: !!js/function "function(){}"\n`,
    says: /tag|js\/function/i,
  },
  { name: 'tabs', config: 'model_list:\n\t- model_name: a\n', says: /tab|indent|line/i },
  {
    name: 'a variable that is not set',
    config: model('      api_key: os.environ/NOT_SET_ANYWHERE\n'),
    says: /NOT_SET_ANYWHERE/,
  },
  { name: 'a list where an object belongs', config: 'general_settings: [1]\n', says: /general_settings/ },
  {
    name: 'two mistakes at once, first',
    config: 'model_list:\n  - model_name: 7\n  - nonsense\n',
    says: /model_list[^\n]*(?:\[0\]|\.0)[\s\S]*model_list[^\n]*(?:\[1\]|\.1)/,
  },
  {
    name: 'a weak master key',
    config: configText(),
    env: { LITELLM_MASTER_KEY: 'sk-1234' },
    says: /LITELLM_MASTER_KEY|master/i,
  },
  {
    name: 'no master key',
    config: configText(),
    env: { LITELLM_MASTER_KEY: '' },
    says: /LITELLM_MASTER_KEY|master/i,
  },
  { name: 'a port that is none', config: configText(), env: { PORT: 'http' }, says: /PORT/ },
  {
    name: 'a database URL that is none',
    config: configText(),
    env: { DATABASE_URL: 'mysql://x' },
    says: /DATABASE_URL/,
  },
];

export const CONFIGURATION: readonly Attack[] = [
  {
    id: 'X143',
    input: 'configurations that are bombs, doubled, tagged or wrong',
    expected: 'one precise message, exit code not 0, nothing starts',
    slow: true,
    run: (arena) => inTurn([...BOOTS, huge()], (boot) => refused(arena, boot)),
  },
  {
    id: 'X143b',
    input: 'a port that is taken, a config that is missing',
    expected: 'one sentence, exit code not 0',
    slow: true,
    run: places,
  },
];

const huge = (): BadBoot => ({
  name: '20 MB',
  config: `${model('')}\n# ${'x'.repeat(20 * 1_048_576)}\n`,
  says: /large|size|bytes|MB/i,
});

async function refused(arena: Arena, boot: BadBoot): Promise<Finding> {
  const gateway = await startGateway({
    config: boot.config,
    databaseUrl: arena.database.url,
    llamaSwapUrl: arena.sandbox.llamaSwap.url,
    waitsUntilReady: false,
    name: 'bad-boot',
    ...(boot.env ? { env: boot.env } : {}),
  });
  return judgeEnd(gateway, boot);
}

async function judgeEnd(gateway: Gateway, { name, says }: Pick<BadBoot, 'name' | 'says'>): Promise<Finding> {
  const timer = setTimeout(() => gateway.child.signal('SIGKILL'), EXIT_PATIENCE_MS);
  const exit = await gateway.child.exited;
  clearTimeout(timer);
  await gateway.end();
  const text = gateway.child.tail();
  const isStack = /\n\s+at .+:\d+:\d+/.test(text);
  const good = exit.code !== null && exit.code !== 0 && says.test(text) && !isStack;
  return check(
    name,
    good,
    `exit ${exit.code ?? exit.signal ?? '?'}${isStack ? ', a stack trace' : ''}: ${text.slice(0, 300)}`,
  );
}

async function places(arena: Arena): Promise<readonly Finding[]> {
  const common = { databaseUrl: arena.database.url, waitsUntilReady: false, name: 'bad-boot' } as const;
  const taken = await startGateway({ ...common, port: arena.port });
  const missing = await startGateway({
    ...common,
    env: { CONFIG_FILE_PATH: join(mkdtempSync(join(tmpdir(), 'gateway-test-')), 'nowhere.yaml') },
  });
  return [
    await judgeEnd(taken, { name: 'port taken', says: new RegExp(`${arena.port}`) }),
    await judgeEnd(missing, { name: 'no config', says: /nowhere\.yaml/ }),
  ];
}
