import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { type Context, createContext, runInContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import ts from 'typescript';

const LENGTH = 100_000;
/** The promise is 10 ms; a machine with other work may take so much longer. */
const LIMIT_MS = 10 * 20;
/** What is slow for another reason is not slow every time. */
const TRIES = 3;
/** Beginnings, repeated middles and ends that do not match: what makes an expression try again and again. */
const MIDDLES = [
  'a',
  '0',
  ' ',
  '\t',
  '.',
  '/',
  '%',
  '"',
  'a.',
  'a-',
  '%20',
  '[a]',
  '<a ',
  "a='",
  '{"',
  '=',
  '&a=',
];
const ENDS = ['!', '\n!'];
/** Where one is given up. */
const PATIENCE_MS = 1_000;

interface Expression {
  readonly where: string;
  readonly source: string;
  readonly flags: string;
}

/** Every expression that is written in what runs in production. */
function expressions(): Expression[] {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'libs', 'apps/gateway/src'], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|testing\.ts$/.test(file));
  return files.flatMap((file) => {
    const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    const found: Expression[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const end = node.text.lastIndexOf('/');
        found.push({ where: file, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
    return found;
  });
}

function timed(context: Context): number {
  const startedAt = performance.now();
  try {
    runInContext('expression.test(text)', context, { timeout: PATIENCE_MS });
    return performance.now() - startedAt;
  } catch {
    return Infinity;
  }
}

/** Tried again only where it took too long. */
function quickest(context: Context): number {
  let least = Infinity;
  for (let tries = 0; tries < TRIES && least > LIMIT_MS; tries += 1) least = Math.min(least, timed(context));
  return least;
}

/** The longest that one search takes; Infinity where it was given up. */
function slowest({ source, flags }: Expression): { readonly ms: number; readonly on: string } {
  const context = createContext({ text: '', expression: new RegExp(source, flags.replace('g', '')) });
  let worst = { ms: 0, on: '' };
  for (const middle of MIDDLES) {
    for (const end of ENDS) {
      const text = middle.repeat(LENGTH / middle.length) + end;
      context['text'] = text;
      const ms = quickest(context);
      if (ms === Infinity) return { ms, on: middle };
      if (ms > worst.ms) worst = { ms, on: middle };
    }
  }
  return worst;
}

/** Those that only ever see short text, or text of the configuration, with what makes it so. */
const ONLY_SHORT: Readonly<Record<string, string>> = {
  'libs/admin/src/spend-csv.ts': 'a number of ours',
  'libs/call/src/money.ts': 'twelve digits of ours',
  'libs/config/src/network-values.ts': 'an address that an administrator gave',
  'libs/config/src/read-database.ts': 'an address of the configuration',
  'libs/observability/src/open-telemetry-sink.ts': 'an address of the configuration',
  'libs/observability/src/traces/langfuse-transport.ts': 'an address of the configuration',
  'libs/passthrough/src/endpoint.ts': 'an address of the configuration',
  'libs/routing/src/compile-deployment.ts': 'an address that an administrator gave',
  'libs/upstream/src/providers/provider.ts': 'an address that an administrator gave',
};

test('no expression of ours takes long, whatever 100 KB of text it is given', () => {
  const all = expressions();
  expect(all.length).toBeGreaterThan(100);
  const slow = all
    .filter(({ where }) => !(where in ONLY_SHORT))
    .flatMap((expression) => {
      const { ms, on } = slowest(expression);
      return ms > LIMIT_MS
        ? [`${expression.where} /${expression.source}/ takes ${ms.toFixed(0)} ms on ${JSON.stringify(on)}…`]
        : [];
    });
  expect(slow).toEqual([]);
}, 300_000);
