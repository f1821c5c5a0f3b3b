import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Call, type Caller, type Outcome } from '@app/call';
import { aCall, aCaller, aDeployment, anOutcome } from '@testing/call';
import { Journal } from '../libs/spend/src/journal.js';
import { realFiles } from '../libs/spend/src/journal-files.js';
import { Ledger } from '../libs/spend/src/ledger.js';
import { type LedgerParts } from '../libs/spend/src/ledger.js';

/** Few enough that collecting garbage costs what it costs in a server. */
const CALLS = 10_000;
const ROUNDS = 20;
const directory = mkdtempSync(join(tmpdir(), 'ledger-bench-'));
const callers = Array.from({ length: 30 }, (_, index) =>
  aCaller({
    keyHash: index.toString(16).padStart(64, 'a'),
    keyAlias: `key ${index}`,
    userId: `user-${index % 10}`,
    teamId: `team-${index % 5}`,
  }),
);
const deployment = aDeployment();
const base = { tags: ['User-Agent: OpenAI', 'User-Agent: OpenAI/Python 1.2.3'] };
const calls: Call[] = Array.from({ length: CALLS }, (_, index) =>
  aCall({ ...base, caller: callers[index % 30] as Caller }),
);
const outcomes: Outcome[] = calls.map((call, index) =>
  anOutcome({ call, deployment, responseId: `chatcmpl-${index}abcdefghijklmnop`, attempts: [] }),
);

async function measure(label: string, files: typeof realFiles): Promise<void> {
  const journal = new Journal({ directory: mkdtempSync(join(directory, 'journal-')), files });
  journal.start();
  const totals = { add: () => undefined };
  const direct = { canWrite: false };
  const before = process.cpuUsage();
  const start = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    const ledger = new Ledger({
      journal,
      shipper: null,
      direct,
      totals,
      awaitSync: false,
    } as unknown as LedgerParts);
    for (const [index, outcome] of outcomes.entries()) {
      ledger.open(outcome.call, 1_000_000n, [deployment]);
      void ledger.close(outcome);
      if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const { user, system } = process.cpuUsage(before);
  const perCall = (micros: number) => (micros / CALLS / ROUNDS).toFixed(2);
  const wall = (performance.now() - start) * 1000;
  console.log(
    `${label}: ${perCall(wall)} µs wall, ${perCall(user)} user, ${perCall(system)} system per open+close`,
  );
}

const dry = { ...realFiles, write: (_fd: number, { length }: { length: number }) => length };
await measure('warm-up', dry);
await measure('without the write', dry);
await measure('with the write', realFiles);
rmSync(directory, { recursive: true });
