import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding } from '../attack.ts';

const ENDED =
  'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()';

export const FAULTS_BELOW: readonly Attack[] = [
  {
    id: 'X139',
    input: 'every database session ended, once a second, ten times',
    expected: 'no failed call, no exit, every row there',
    slow: true,
    run: sessionsEnded,
  },
  {
    id: 'X141',
    input: 'the journal folder removed while running',
    expected: 'no failed call, every row there',
    slow: true,
    run: journalRemoved,
  },
];

async function callsDuring(
  arena: Arena,
  work: () => Promise<void>,
): Promise<{ user: string; sent: number; failed: number }> {
  const user = `below-${Date.now()}`;
  const key = await arena.gateway.key({ user_id: user });
  await arena.gateway.chat({}, { key });
  const calls: ReturnType<typeof arena.gateway.chat>[] = [];
  const timer = setInterval(() => calls.push(arena.gateway.chat({}, { key })), 20);
  await work();
  clearInterval(timer);
  const failed = (await Promise.all(calls)).filter(({ status }) => status !== 200).length;
  return { user, sent: calls.length + 1, failed };
}

async function accounted(
  arena: Arena,
  { user, sent, failed }: { user: string; sent: number; failed: number },
): Promise<Finding[]> {
  const rows = await arena.gateway.rows({ user_id: user }, sent, 15_000).catch(() => []);
  return [
    check('no failed call', failed === 0, `${failed} of ${sent} failed`),
    check('every row is there', rows.length === sent, `${rows.length} rows of ${sent} calls`),
    check('the process lives', arena.gateway.isUp, 'it exited'),
  ];
}

async function sessionsEnded(arena: Arena): Promise<readonly Finding[]> {
  const result = await callsDuring(arena, async () => {
    for (let i = 0; i < 10; i += 1) {
      await arena.database.query(ENDED);
      await sleep(1_000);
    }
  });
  return accounted(arena, result);
}

async function journalRemoved(arena: Arena): Promise<readonly Finding[]> {
  const result = await callsDuring(arena, async () => {
    await sleep(1_000);
    rmSync(join(arena.gateway.folder, 'journal'), { recursive: true, force: true });
    await sleep(4_000);
  });
  return accounted(arena, result);
}
