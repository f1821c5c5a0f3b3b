import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Logger } from '@nestjs/common';
import { expect, test } from '@jest/globals';
import { aTestDatabase } from '@testing/database';
import { aJournalFolder, aSpendRuntime, sumsOf } from './testing.js';

const KILLS = 20;
const ROOT = resolve(import.meta.dirname, '../../..');
const urlOf = (path: string) => JSON.stringify(pathToFileURL(join(ROOT, path)).href);

/**
 * Opens and closes calls as fast as it can; one in five is never closed. What it writes to the second file is what
 * a client would have seen: `B <id>` before open, `E <id> <cost>` after close.
 */
const WRITER = `
import { openSync, writeSync } from 'node:fs';
const { aSpendRuntime, aRowId } = await import(${urlOf('libs/spend/src/testing.ts')});
const { aCall, aCaller, aDeployment, anOutcome } = await import(${urlOf('libs/call/src/testing.ts')});
const [databaseUrl, journalDir, seenPath] = process.argv.slice(1);
const { ledger } = aSpendRuntime(databaseUrl, { journalDir, segmentBytes: 60_000 });
const seen = openSync(seenPath, 'a');
const callers = Array.from({ length: 5 }, (_, index) => aCaller({ keyHash: 'hash ' + index, userId: 'user' }));
const plan = [aDeployment()];
for (let count = 0; ; count++) {
  const call = aCall({ id: aRowId(), caller: callers[count % 5] });
  writeSync(seen, 'B ' + call.id + '\\n');
  ledger.open(call, 1000n, plan);
  if (count % 5 !== 0) {
    const costPicoUsd = BigInt(1 + (count % 1000));
    ledger.close(anOutcome({ call, costPicoUsd }));
    writeSync(seen, 'E ' + call.id + ' ' + costPicoUsd + '\\n');
  }
  if (count % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}`;

function startWriter(args: readonly string[]): ChildProcess {
  const loader = join(ROOT, 'bench/typescript.mjs');
  return spawn(
    process.execPath,
    ['--import', pathToFileURL(loader).href, '--input-type=module', '-e', WRITER, '--', ...args],
    { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] },
  );
}

async function killSometime(child: ChildProcess, seenPath: string, sizeBefore: number): Promise<void> {
  const size = () => (existsSync(seenPath) ? statSync(seenPath).size : 0);
  while (size() === sizeBefore && child.exitCode === null) await sleep(5);
  await sleep(Math.random() * 300);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function readSeen(paths: readonly string[]): { opened: Set<string>; closed: Map<string, string> } {
  const opened = new Set<string>();
  const closed = new Map<string, string>();
  for (const line of paths.flatMap((path) => readFileSync(path, 'utf8').split('\n').filter(Boolean))) {
    const [kind, id = '', cost = ''] = line.split(' ');
    if (kind === 'B') opened.add(id);
    else closed.set(id, cost);
  }
  return { opened, closed };
}

test(`${KILLS} times kill -9 at full speed: every call that was seen closed has its row once, every other is aborted`, async () => {
  Logger.overrideLogger(false);
  const database = await aTestDatabase();
  const folder = aJournalFolder();
  const seenFolder = aJournalFolder();
  // Two at a time: the journals of several processes lie in one folder.
  const lanes = ['a', 'b'].map((lane) => join(seenFolder.path, lane));
  const killAll = async (seenPath: string) => {
    for (let kill = 0; kill < KILLS / lanes.length; kill++) {
      const sizeBefore = existsSync(seenPath) ? statSync(seenPath).size : 0;
      await killSometime(startWriter([database.url, folder.path, seenPath]), seenPath, sizeBefore);
    }
  };
  await Promise.all(lanes.map(killAll));
  const runtime = aSpendRuntime(database.url, { journalDir: folder.path });
  while (folder.segments().length > 0) await sleep(50);
  await runtime.onApplicationShutdown();

  const { opened, closed } = readSeen(lanes);
  const rows = await database.query<{ id: string; cost: string; provisional: boolean }>(
    'SELECT id, cost_pico_usd::text AS cost, provisional FROM spend_logs',
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  expect(byId.size).toBe(rows.length);
  const wrong = [...closed].filter(([id, cost]) => byId.get(id)?.cost !== cost || byId.get(id)?.provisional);
  expect(wrong).toEqual([]);
  // Between the last "B" that was noted and its line in the journal a process may die: one call per kill.
  const lost = [...opened].filter((id) => !byId.has(id));
  expect(lost.length).toBeLessThanOrEqual(KILLS);
  const unexpected = rows.filter(
    ({ id, provisional }) => !opened.has(id) || (!provisional && !closed.has(id)),
  );
  expect(unexpected.length).toBeLessThanOrEqual(KILLS);
  expect(closed.size).toBeGreaterThan(KILLS * 10);
  expect(rows.filter(({ provisional }) => provisional).length).toBeGreaterThan(KILLS);
  const sums = await sumsOf(database);
  expect(sums).toMatchObject({ daily: sums.logs, keys: sums.logs, hours: sums.logs });
  seenFolder.remove();
  folder.remove();
  await database.drop();
}, 240_000);
