import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const pagesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const PAGES = [
  'README.md',
  'USER_GUIDE.md',
  'CONTRIBUTING.md',
  ...['docs', 'apps', 'libs', 'bench', 'migrations', 'views', 'deploy'].flatMap(pagesBelow),
];
const linksIn = (page: string): { link: string; target: string; anchor: string | undefined }[] =>
  [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(
    ([link, path = '', anchor]) => ({ link, target: path === '' ? page : join(dirname(page), path), anchor }),
  );
const readme = readFileSync('README.md', 'utf8');
const architecture = readFileSync('docs/architecture.md', 'utf8');
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

const headingAnchors = (page: string): string[] =>
  [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('every page', () => {
  test.each(PAGES)('%s links only to what exists', (page) => {
    for (const { link, target, anchor } of linksIn(page)) {
      expect({ link, exists: existsSync(target) }).toEqual({ link, exists: true });
      if (anchor !== undefined) expect(headingAnchors(readFileSync(target, 'utf8'))).toContain(anchor);
    }
  });

  test.each(PAGES)('%s names only npm scripts that exist', (page) => {
    const named = [...readFileSync(page, 'utf8').matchAll(/npm run ([a-z:]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test.each(PAGES)('%s names only files and folders that are there', (page) => {
    const text = readFileSync(page, 'utf8');
    const named = [...text.matchAll(/`((?:apps|bench|deploy|docs|libs|migrations|views)\/[\w./-]+)`/g)];
    expect(named.map(([, path = '']) => path).filter((path) => !existsSync(path))).toEqual([]);
  });

  test.each(PAGES)('%s can be found from docs/README.md', (page) => {
    const readers = ['README.md', 'docs/README.md'];
    expect([...readers, ...linksIn('docs/README.md').map(({ target }) => target)]).toContain(page);
  });
});

describe('README.md', () => {
  test('says the two commands as they are typed', () => {
    expect(readme).toContain('```bash\nnpm ci && npm run demo\n```');
    expect(readme).toContain('```bash\nnpm ci && npm test\n```');
  });

  test('has the demo, its picture and the first request above everything else', () => {
    const order = ['docs/picture.svg', 'npm ci && npm run demo', '/v1/chat/completions', '\n## Run it'];
    const places = order.map((text) => readme.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(Math.min(...places)).toBeGreaterThan(0);
  });

  test('has one place for measured figures', () => {
    expect(readme.split('<!-- bench -->')).toHaveLength(2);
    expect(readme.indexOf('<!-- /bench -->')).toBeGreaterThan(readme.indexOf('<!-- bench -->'));
  });
});

describe('docs/architecture.md', () => {
  const layers = [
    ...readFileSync('.dependency-cruiser.cjs', 'utf8').matchAll(/^  \[('[a-z', ]+')\],$/gm),
  ].map(([, names = '']) => [...names.matchAll(/[a-z]+/g)].map(([name]) => name));
  const rows = [...architecture.matchAll(/^\| `([a-z]+)`\s+\| (.*?)\s*\|$/gm)].map(
    ([, lib = '', what = '']) => ({ lib, what }),
  );

  test('has one row for each lib', () => {
    expect(rows.map(({ lib }) => lib).sort()).toEqual(layers.flat().sort());
  });

  test('keeps the place of no lib that is there', () => {
    const kept = rows.filter(({ what }) => what.startsWith('Place kept')).map(({ lib }) => lib);
    expect(kept.filter((lib) => existsSync(`libs/${lib}/src/index.ts`))).toEqual([]);
  });

  test('draws the floors in the order that is enforced', () => {
    const drawing = /## Floors[\s\S]*?```\n([\s\S]*?)```/.exec(architecture)?.[1]?.split('\n') ?? [];
    const drawn = drawing.map((line) =>
      line
        .split(/ {4,}doors/)[0]
        ?.trim()
        .split(/ +/)
        .join(' '),
    );
    expect(drawn.slice(0, layers.length)).toEqual(layers.map((names) => names.join(' ')));
  });

  test('names only files that exist', () => {
    const rooms = /## Rooms[\s\S]*?```\n([\s\S]*?)```/.exec(architecture)?.[1] ?? '';
    const files = [...rooms.matchAll(/^ {2}(src\/\S+\.ts)/gm)].map(([, file = '']) => `apps/gateway/${file}`);
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });

  test('names the steps of a call in the order in which the pipeline takes them', () => {
    const run = readFileSync('libs/pipeline/src/pipeline.service.ts', 'utf8');
    const inOrder = (...calls: string[]): void => {
      const places = calls.map((text) => run.indexOf(text));
      expect(Math.min(...places)).toBeGreaterThan(0);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    };
    inOrder(
      'routing.plan(',
      'await admit(',
      'this.#reuse(place',
      'this.#send(plan',
      'this.#relay(answer',
      'dispatcher.send(',
    );
    inOrder('limits.admit(', 'ledger.open(', 'ledger.close(outcome', 'settle(outcome');
    const drawn = [...architecture.matchAll(/^ {2}│ {2}([a-z]+) /gm)].map(([, step]) => step);
    expect(drawn.slice(-8)).toEqual(['plan', 'admit', 'open', 'reuse', 'send', 'relay', 'close', 'finally']);
  });
});

describe('docs/decisions', () => {
  test.each(readdirSync('docs/decisions'))('%s is named with its date and is half a page', (name) => {
    expect(name).toMatch(/^20\d\d-\d\d-\d\d-[a-z0-9-]+\.md$/);
    const text = readFileSync(join('docs/decisions', name), 'utf8');
    expect(text).toMatch(/^# \S/);
    expect(text.length).toBeLessThan(4_000);
  });
});
