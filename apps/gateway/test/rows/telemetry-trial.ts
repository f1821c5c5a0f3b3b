import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../harness.ts';
import { type Measured } from './row.ts';

interface Line {
  readonly mode: string;
  readonly pass: boolean;
  readonly [figure: string]: string | number | boolean;
}

/** Runs `npm run test:telemetry` in short; with `only`, those modes count whose name holds it. */
export async function telemetryTrial(args: readonly string[], only = ''): Promise<Measured> {
  const program = join(ROOT, 'apps/gateway/test/telemetry/run.ts');
  const child = spawn(process.execPath, [program, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  for await (const bytes of child.stdout) text += String(bytes);
  const lines = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
  const counted = lines.filter(({ mode }) => mode.includes(only));
  const told = counted.map(({ mode, pass, ...figures }) => [
    mode,
    `${pass ? 'holds' : 'FAILED'} ${JSON.stringify(figures)}`,
  ]);
  return {
    pass: counted.length > 0 && counted.every(({ pass }) => pass),
    measured: Object.fromEntries(told) as Record<string, string>,
  };
}
