// Precompiles the templates and gives the assets names that change with their content: views/ → dist/views/.
// A template that names an unknown partial, or that could let a value become markup, fails the build.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import Handlebars from 'handlebars';
import { flawOf } from './template-rules.mjs';

const HERE = import.meta.dirname;
const OUT = join(HERE, '../dist/views');
const BUILT_IN = new Set(['if', 'unless', 'each', 'with']);

function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** `partials/icon.hbs` is `icon`; `layouts/app.hbs` and `pages/keys/list.hbs` keep their folder. */
const nameOf = (file) =>
  relative(HERE, file)
    .replace(/\.hbs$/, '')
    .replace(/^partials\//, '');

function partialsIn(node, found = new Set()) {
  if (node === null || typeof node !== 'object') return found;
  if (
    (node.type === 'PartialStatement' || node.type === 'PartialBlockStatement') &&
    node.name.original !== '@partial-block'
  ) {
    found.add(node.name.original);
  }
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) for (const item of value) partialsIn(item, found);
    else partialsIn(value, found);
  }
  return found;
}

function compile(file, names) {
  const text = readFileSync(file, 'utf8');
  const flaw = flawOf(text);
  if (flaw !== null) throw new Error(`${relative(HERE, file)}: ${flaw}`);
  const tree = Handlebars.parse(text);
  for (const partial of partialsIn(tree)) {
    if (!names.has(partial)) throw new Error(`${relative(HERE, file)}: there is no partial ${partial}`);
  }
  const knownHelpers = Object.fromEntries([...BUILT_IN].map((name) => [name, true]));
  return Handlebars.precompile(tree, { knownHelpers, knownHelpersOnly: true });
}

function hashedAssets() {
  const assets = {};
  for (const file of filesIn(join(HERE, 'assets'))) {
    const bytes = readFileSync(file);
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 10);
    const extension = extname(file);
    const name = `${basename(file, extension)}.${hash}${extension}`;
    writeFileSync(join(OUT, 'assets', name), bytes);
    assets[basename(file)] = name;
  }
  return assets;
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(join(OUT, 'assets'), { recursive: true });
const sources = filesIn(HERE).filter((file) => extname(file) === '.hbs');
const names = new Set(sources.map(nameOf));
const compiled = sources.map((file) => `${JSON.stringify(nameOf(file))}: ${compile(file, names)}`);
writeFileSync(
  join(OUT, 'templates.mjs'),
  `export const assets = ${JSON.stringify(hashedAssets())};\nexport const templates = {\n${compiled.join(',\n')}\n};\n`,
);
