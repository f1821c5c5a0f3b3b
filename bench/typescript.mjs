// node --import ./bench/typescript.mjs file.ts: runs the sources as they are, for benches and for processes that specs start.
import { createHash } from 'node:crypto';
import { createRequire, enableCompileCache, registerHooks } from 'node:module';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

enableCompileCache();
const require = createRequire(import.meta.url);
const root = resolvePath(dirname(fileURLToPath(import.meta.url)), '..');
// A spec starts the same program dozens of times: what was made of a file is kept, by its content and this recipe.
const kept = join(tmpdir(), `gateway-typescript-${process.getuid?.() ?? 0}`);
const recipe = readFileSync(new URL(import.meta.url));

registerHooks({
  resolve(specifier, context, next) {
    const [, alias, lib] = /^@(app|testing)\/([\w-]+)$/.exec(specifier) ?? [];
    if (lib) {
      const file = `${root}/libs/${lib}/src/${alias === 'app' ? 'index' : 'testing'}.ts`;
      return { url: pathToFileURL(file).href, shortCircuit: true };
    }
    if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
      const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(url)) return { url: url.href, shortCircuit: true };
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts') || url.includes('/node_modules/'))
      return next(url, context);
    return { format: 'module', source: codeOf(fileURLToPath(url)), shortCircuit: true };
  },
});

function codeOf(filename) {
  const source = readFileSync(filename, 'utf8');
  const key = createHash('sha1').update(recipe).update(filename).update(source).digest('hex');
  const file = join(kept, key);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const code = transformed(filename, source);
  try {
    mkdirSync(kept, { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.${process.pid}`, code);
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // A user who may not write there goes without.
  }
  return code;
}

function transformed(filename, source) {
  // Loaded when it is needed: it is heavy.
  const { transformSync } = require('@swc/core');
  return transformSync(source, {
    filename,
    sourceMaps: 'inline',
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2024',
    },
    module: { type: 'es6' },
  }).code;
}
