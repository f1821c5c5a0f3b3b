import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { type ConfigNode, emptyMapping, kindOf, type MappingNode } from './config-node.js';
import { codeOf } from './error-code.js';
import { type Findings, type Located } from './findings.js';
import { parseYaml } from './parse-yaml.js';

const LARGEST_FILE_BYTES = 1024 * 1024;
const MOST_FILES = 50;

/** What the files say together. `complete` is false where a file is there but cannot be read: settings are missing. */
export interface ConfigFiles {
  readonly root: MappingNode;
  readonly files: readonly string[];
  readonly complete: boolean;
}

/**
 * Reads config.yaml and what it includes: lists are joined, any other key of an included file replaces.
 * @param mayBeEmpty a gateway may start without models; one that runs has caught a file that is being written
 */
export function readConfigFiles(path: string, findings: Findings, mayBeEmpty = true): ConfigFiles {
  const reading = new Reading(dirname(path), findings, mayBeEmpty);
  const at = { path: '', place: { file: relative(dirname(path), path), line: 1, column: 1 } };
  const root = reading.read(path, at) ?? emptyMapping('', at.place);
  return { root, files: [...reading.files], complete: reading.complete };
}

class Reading {
  readonly files = new Set<string>();
  complete = true;

  constructor(
    private readonly folder: string,
    private readonly findings: Findings,
    private readonly mayBeEmpty: boolean,
  ) {}

  read(path: string, at: Located): MappingNode | null {
    this.files.add(path);
    const text = readText(path, at, this.findings);
    const node = text === null ? null : this.#parse(text, relative(this.folder, path) || path);
    if (node === null) {
      if (this.files.size > 1 || existsSync(path)) this.complete = false;
      return null;
    }
    return this.#withIncludes(node, path);
  }

  #parse(text: string, file: string): MappingNode | null {
    const before = this.findings.problems.length;
    const node = parseYaml(text, file, this.findings);
    if (node?.kind === 'mapping') return node;
    const at = node ?? { path: '', place: { file, line: 1, column: 1 } };
    if (node === null || (node.kind === 'scalar' && node.value === null)) {
      if (this.findings.problems.length > before) return null;
      if (!this.mayBeEmpty) {
        return this.findings.problem(at, 'The file is empty.', 'Write `model_list: []` to have no model.');
      }
      this.findings.warn(at, 'The file is empty; no model is configured.');
      return emptyMapping('', at.place);
    }
    return this.findings.problem(at, `The file holds ${kindOf(node)}.`, 'Begin with `model_list:`.');
  }

  #withIncludes(node: MappingNode, path: string): MappingNode {
    const include = node.entries.get('include');
    if (include === undefined) return node;
    const entries = new Map(node.entries);
    entries.delete('include');
    for (const item of include.kind === 'list' ? include.items : [include]) {
      const included = this.#include(item, path);
      for (const [name, value] of included?.entries ?? []) this.#join(entries, name, value);
    }
    return { ...node, entries };
  }

  #include(item: ConfigNode, from: string): MappingNode | null {
    if (item.kind !== 'scalar' || item.text === '') {
      return this.findings.problem(item, `An include is ${kindOf(item)}.`, 'Write the name of a YAML file.');
    }
    const path = resolve(dirname(from), item.text);
    if (this.files.has(path)) {
      return this.findings.problem(item, `\`${item.text}\` is included twice.`, 'Include each file once.');
    }
    if (this.files.size >= MOST_FILES) {
      return this.findings.problem(item, `More than ${MOST_FILES} files are included.`, 'Join some of them.');
    }
    return this.read(path, item);
  }

  #join(entries: Map<string, ConfigNode>, name: string, value: ConfigNode): void {
    const own = entries.get(name);
    if (own?.kind === 'list' && value.kind === 'list') {
      entries.set(name, { ...own, items: [...own.items, ...value.items] });
      return;
    }
    if (own) this.findings.warn(value, `It replaces all of \`${name}\` in ${own.place.file}.`);
    entries.set(name, value);
  }
}

function readText(path: string, at: Located, findings: Findings): string | null {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) {
      return findings.problem(
        at,
        `${path} is a folder.`,
        'Docker makes a folder where a mounted file is missing: remove it, create the file, start again.',
      );
    }
    if (stat.size > LARGEST_FILE_BYTES) {
      return findings.problem(
        at,
        `${path} has ${stat.size} bytes; at most 1 MB is read.`,
        'Split or shorten it.',
      );
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    return findings.problem(at, ...whyUnreadable(path, error));
  }
}

function whyUnreadable(path: string, error: unknown): [message: string, remedy: string] {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return [
      `There is no file ${path}.`,
      'Create it (the config.yaml of this project is a good start) or set CONFIG_FILE_PATH to where it is.',
    ];
  }
  if (code === 'EACCES') {
    return [`${path} may not be read by this user.`, `Allow it: chmod a+r ${path}.`];
  }
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return [`${path} is not UTF-8.`, 'Save it as UTF-8.'];
  return [`${path} cannot be read (${code ?? String(error)}).`, 'Check the path and the disk.'];
}
