import { spawn } from 'node:child_process';
import { ROOT } from '../harness.ts';
import { type Measured, type Row } from './row.ts';

export interface Specs {
  /** Paths from the root of the repository. */
  readonly files: readonly string[];
  /** Of these tests only. */
  readonly named?: string;
  /** Set for the figures of the bar. */
  readonly longEnvironment?: Readonly<Record<string, string>>;
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly success: boolean;
  readonly testResults: readonly { readonly message: string }[];
}

/** A row whose proof is among the tests: runs them and counts. */
export const bySpec = (line: Pick<Row, 'id' | 'promise' | 'bar'>, specs: Specs): Row => ({
  ...line,
  run: async ({ long }): Promise<Measured> => {
    const report = await jest(specs, long);
    const first = report.testResults.find(({ message }) => message !== '')?.message ?? '';
    return {
      pass: report.success && report.numFailedTests === 0 && report.numPassedTests > 0,
      measured: {
        specs: specs.files.join(' '),
        passed: report.numPassedTests,
        failed: report.numFailedTests,
        first: first.slice(0, 300),
      },
    };
  },
});

/** Runs specs in a process of their own; what they print is not ours. */
export async function jest({ files, named, longEnvironment }: Specs, long: boolean): Promise<JestReport> {
  const program = [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
  ];
  const args = ['--json', '--silent', '--runTestsByPath', ...files, ...(named ? ['-t', named] : [])];
  const child = spawn(process.execPath, [...program, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...(long ? longEnvironment : {}) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  for await (const bytes of child.stdout) text += String(bytes);
  return JSON.parse(text.slice(text.indexOf('{"'))) as JestReport;
}
