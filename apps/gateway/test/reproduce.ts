import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

// npm run check:reproducible: builds the last commit twice, in folders of different names, and compares every byte.

/** The bill of materials says when and under which number it was written, and in which folder. */
const PASSING = /"serialNumber": "[^"]*"|"timestamp": "[^"]*"|"name": "build-[^"]*"/g;

function built(name: string): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), `build-${name}-`));
  try {
    execFileSync('sh', ['-c', 'git archive HEAD | tar -x -C "$1"', 'sh', folder]);
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    execFileSync('npm', ['run', 'build', '--silent'], { cwd: folder, stdio: 'inherit' });
    const files = readdirSync(join(folder, 'dist'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const hashes = new Map(files.map((path) => [path.slice(folder.length + 1), hashOf(readFileSync(path))]));
    const materials = execFileSync('npm', ['run', 'sbom', '--silent'], { cwd: folder, encoding: 'utf8' });
    return hashes.set('bill of materials', hashOf(materials.replace(PASSING, '')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const hashOf = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

const [one, other] = [built('first'), built('second-and-longer')];
const names = [...new Set([...one.keys(), ...other.keys()])].sort();
const different = names.filter((name) => one.get(name) !== other.get(name));
process.stdout.write(
  `${JSON.stringify({ id: 'C4', pass: different.length === 0 && names.length > 1, files: names.length, different })}\n`,
);
process.exitCode = different.length === 0 ? 0 : 1;
