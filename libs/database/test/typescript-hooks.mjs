// Lets specs start real processes from the sources: node --import <this file> -e "import … from '…/file.ts'".
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const root = new URL('../../../', import.meta.url).href;

function sourceOf(specifier, parent) {
  const lib = /^@(app|testing)\/(\w+)$/.exec(specifier);
  if (lib) return `${root}libs/${lib[2]}/src/${lib[1] === 'app' ? 'index' : 'testing'}.ts`;
  const isOurs = parent?.startsWith(root) && !parent.includes('/node_modules/');
  return isOurs && /^\.{1,2}\/.*\.js$/.test(specifier) ? specifier.replace(/\.js$/, '.ts') : specifier;
}

registerHooks({
  resolve: (specifier, context, next) => next(sourceOf(specifier, context.parentURL), context),
  load(url, context, next) {
    if (!url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context);
    const filename = fileURLToPath(url);
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      filename,
      sourceMaps: 'inline',
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        target: 'es2024',
      },
      module: { type: 'es6' },
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
