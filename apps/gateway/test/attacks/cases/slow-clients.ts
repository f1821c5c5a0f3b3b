import { setTimeout as sleep } from 'node:timers/promises';
import { aChat } from '../../harness/gateway.ts';
import { until } from '../../harness/child.ts';
import { RawConnection, requestBytes } from '../../harness/raw.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding, rawAttack } from '../attack.ts';
import { judge } from '../judge.ts';

const CHAT = '/v1/chat/completions';
const BODY = JSON.stringify(aChat());
const CUT_MS = 12_000;

const chatBytes = (key: string, body: object = {}, headers: readonly string[] = []): Buffer =>
  requestBytes({ target: CHAT, key, headers, body: JSON.stringify({ ...aChat(), ...body }) });

const partial =
  (length: number, body: string) =>
  ({ key }: Arena): Buffer =>
    requestBytes({
      method: 'POST',
      target: CHAT,
      key,
      headers: ['Content-Type: application/json', `Content-Length: ${length}`],
      body,
      describesBody: false,
    });

export const CLIENTS_THAT_LEAVE: readonly Attack[] = [
  rawAttack(
    { id: 'X032', input: 'body shorter than its length, then close', expected: '400 or nothing, no call' },
    [
      {
        name: 'half close',
        send: partial(BODY.length + 10, BODY),
        options: { halfClose: true, waitMs: 1_500 },
        status: [0, 400],
        upstream: 0,
      },
    ],
  ),
  rawAttack({ id: 'X034', input: 'Content-Length smaller than the JSON', expected: '400 close' }, [
    {
      name: 'ten bytes short',
      send: partial(BODY.length - 10, BODY),
      status: [400],
      closes: true,
      upstream: 0,
    },
  ]),
  {
    id: 'X039',
    input: 'half-close after the request',
    expected: 'upstream closed within 100 ms, row 499',
    run: halfClose,
  },
  {
    id: 'X040',
    input: 'RST in the middle of a stream, 100 times',
    expected: '100 rows aborted, nothing logged as an error',
    run: (arena) => resets(arena, 100),
  },
];

async function halfClose(arena: Arena): Promise<Finding[]> {
  const { llamaSwap } = arena.sandbox;
  await llamaSwap.settings({ decodeMsPerToken: 50, answerTokens: 400 });
  const callId = `half-close-${Date.now()}`;
  const connection = new RawConnection(arena.port);
  connection.send(chatBytes(arena.key, { stream: true }, [`X-LiteLLM-Call-Id: ${callId}`]));
  await connection.waitFor(/data: /, 3_000);
  connection.socket.end();
  const leftAt = performance.now();
  const closedMs = await until(
    'the upstream call ends',
    async () => {
      const { inProgress } = await llamaSwap.open();
      return inProgress === 0 && performance.now() - leftAt;
    },
    5_000,
    5,
  ).catch(() => Number.POSITIVE_INFINITY);
  connection.destroy();
  await llamaSwap.reset({ settings: true });
  const row = await arena.gateway.row(callId, 5_000).catch(() => null);
  return [
    check('the upstream is left', closedMs <= 150, `after ${closedMs} ms`),
    check('a row is written', row !== null, 'no row'),
    check('the row says 499', JSON.stringify(row).includes('499'), JSON.stringify(row).slice(0, 300)),
  ];
}

async function resets(arena: Arena, count: number): Promise<Finding[]> {
  const { llamaSwap } = arena.sandbox;
  await llamaSwap.settings({ decodeMsPerToken: 20, answerTokens: 400 });
  const alias = `reset-${Date.now()}`;
  const key = await arena.gateway.key({ user_id: alias });
  const logBefore = arena.gateway.child.output().length;
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const connection = new RawConnection(arena.port);
      connection.send(chatBytes(key, { stream: true }));
      await connection.waitFor(/data: /, 5_000);
      await sleep((i % 10) * 7);
      connection.reset();
    }),
  );
  const rows = await arena.gateway.rows({ user_id: alias }, count, 10_000).catch(() => []);
  await llamaSwap.reset({ settings: true });
  const errors =
    arena.gateway.child
      .output()
      .slice(logBefore)
      .match(/"level":"(?:error|fatal)"|\bERROR\b/g) ?? [];
  const { inProgress } = await llamaSwap.open();
  return [
    check('every stream has its row', rows.length === count, `${rows.length} of ${count} rows`),
    check('no error is logged', errors.length === 0, `${errors.length} errors in the log`),
    check('no upstream call is left', inProgress === 0, `${inProgress} still open`),
  ];
}

export const SLOW_CLIENTS: readonly Attack[] = [
  rawAttack({ id: 'X035', input: '10 MB announced, nothing sent', expected: '408 within 10 s', slow: true }, [
    {
      name: 'no body',
      send: partial(10_000_000, ''),
      options: { waitMs: CUT_MS },
      status: [408],
      closes: true,
      withinMs: CUT_MS + 3_000,
      upstream: 0,
    },
  ]),
  {
    id: 'X036',
    input: 'one byte every 5 s',
    expected: '408 within 10 s, others served',
    slow: true,
    run: drips,
  },
  {
    id: 'X038',
    input: '2,000 connections that stay silent',
    expected: 'closed within 10 s, others served',
    slow: true,
    run: silence,
  },
];

async function drips(arena: Arena): Promise<Finding[]> {
  const head = new RawConnection(arena.port);
  const body = new RawConnection(arena.port);
  head.send(`GET /v1/models HTTP/1.1\r\nHost: a\r\nX: `);
  body.send(partial(1_000, '{')(arena));
  for (let i = 0; i < 5 && !(head.closed && body.closed); i += 1) {
    await sleep(2_500);
    head.send('a');
    body.send(' ');
  }
  const good = await arena.gateway.chat({}, { key: arena.key });
  const findings = [head, body].map((connection, i) => ({
    probe: i === 0 ? 'header' : 'body',
    problem: judge(connection.reply(), { status: [408], closes: true }),
  }));
  head.destroy();
  body.destroy();
  return [...findings, check('others are served', good.status === 200, `status ${good.status}`)];
}

async function silence(arena: Arena): Promise<Finding[]> {
  const connections: RawConnection[] = [];
  for (let i = 0; i < 2_000; i += 1) {
    connections.push(new RawConnection(arena.port));
    if (i % 200 === 199) await sleep(20);
  }
  const startedAt = performance.now();
  const good = await arena.gateway.chat({}, { key: arena.key });
  const goodMs = performance.now() - startedAt;
  await Promise.race([Promise.all(connections.map((connection) => connection.ended)), sleep(CUT_MS)]);
  const open = connections.filter((connection) => !connection.closed).length;
  for (const connection of connections) connection.destroy();
  return [
    check('all are closed', open === 0, `${open} still open after ${CUT_MS} ms`),
    check(
      'others are served',
      good.status === 200 && goodMs < 2_000,
      `status ${good.status} in ${goodMs.toFixed(0)} ms`,
    ),
  ];
}
