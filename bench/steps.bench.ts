import { EventEmitter } from 'node:events';
import { type ServerResponse } from 'node:http';
import { type Call, type GatewayRequest, LiveCalls, type Outcome, parseJsonBody } from '@app/call';
import { boundOf, Ledger, SpendTotals } from '@app/spend';
import { aCaller, aDeployment, anOutcome } from '@testing/call';
import { aModelEntry } from '@testing/config';
import { aRoutingService } from '@testing/routing';
import { CHAT } from '../libs/chat/src/call-kinds.js';
import { readChatCall } from '../libs/chat/src/read-chat-call.js';
import { hashKey } from '../libs/keys/src/key-hash.js';
import { answerHeaders } from '../libs/pipeline/src/answer-headers.js';
import { CallRecord } from '../libs/pipeline/src/call-record.js';
import { upstreamBody } from '../libs/pipeline/src/upstream-body.js';
import { Journal } from '../libs/spend/src/journal.js';
import { SpendConnection } from '../libs/spend/src/spend-connection.js';
import { aJournalFolder } from '../libs/spend/src/testing.js';
import { AttemptScope } from '../libs/upstream/src/attempt-scope.js';

// node --import ./bench/typescript.mjs bench/steps.bench.ts: what each step of a call costs by itself, in µs of CPU.

const TIMES = 30_000;
const ROUNDS = 5;

const BODY = Buffer.from(
  JSON.stringify({
    model: 'qwen3-30b-a3b',
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: 'Explain in two sentences why the sky is blue and sunsets are red.' },
    ],
    temperature: 0.7,
  }),
);
const caller = aCaller();
const live = new LiveCalls();
const response = (): ServerResponse => new EventEmitter() as ServerResponse;
const request = (): GatewayRequest =>
  ({
    headers: { host: '127.0.0.1:4000', 'content-type': 'application/json', 'content-length': '242' },
    path: '/v1/chat/completions',
    callId: 'f3b1d2c4-6a0e-4f6e-9a38-5d8f3b7a9c10',
    caller,
    receivedAtMs: performance.now(),
  }) as GatewayRequest;
const signal = new AbortController().signal;
const read = (): Call =>
  readChatCall(request(), parseJsonBody(BODY), {
    kind: CHAT,
    pathModel: null,
    allowMockRequests: false,
    alwaysShowsUsage: false,
    userHeaderName: null,
    clientAddress: '127.0.0.1',
    signal,
  });

const routing = aRoutingService({
  models: [aModelEntry({ modelName: '*', model: 'openai/*', modelInfo: { id: 'swap' } })],
});
const call = read();
const deployment = aDeployment();
const ended: Outcome = anOutcome({ call, deployment });
const upstreamHeaders = { 'content-type': 'application/json', 'content-length': '700', date: 'now' };

function answered(): CallRecord {
  const record = new CallRecord(call);
  record.attempted(deployment, performance.now(), null);
  record.meter.reported({ prompt_tokens: 20, completion_tokens: 30, total_tokens: 50 });
  return record;
}
const record = answered();

const folder = aJournalFolder();
const journal = new Journal({ directory: folder.path, capBytes: 2 ** 33 });
journal.start();
const totals = new SpendTotals(new SpendConnection('postgres://127.0.0.1:9/none'));
const ledger = new Ledger({ journal, shipper: null, direct: null as never, totals, awaitSync: false });
let number = 0;
const unique = (): string => `01a20a92-3846-7745-9e67-${String((number += 1)).padStart(12, '0')}`;

const STEPS: Readonly<Record<string, () => unknown>> = {
  'hash of the key': () => hashKey('sk-0123456789abcdefghijklmnopqrstuv'),
  'body outlined and parsed': () => parseJsonBody(BODY),
  'body and call': read,
  'signal of the client': () => {
    const res = response();
    live.follow(res);
    return Object.assign(res, { writableFinished: true }).emit('close');
  },
  'plan and choice': () => routing.picker.pick(routing.plan(call).route, call),
  'bound of the cost': () => boundOf(call, [deployment]),
  'body for the upstream': () => upstreamBody(call, deployment),
  'deadlines of an attempt': () => {
    const scope = new AttemptScope(signal, 600_000);
    scope.stage(600_000, 'x', true);
    scope.stage(120_000, 'x', true);
    scope.close();
  },
  'record and outcome': () => answered().close(),
  'headers of the answer': () => answerHeaders(record, upstreamHeaders, 1_000n),
  'journal, begin and end': () => {
    const one = { ...call, id: unique() };
    ledger.open(one, 1_000n, [deployment]);
    return ledger.close({ ...ended, call: one });
  },
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

for (const [name, step] of Object.entries(STEPS)) {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    for (let time = 0; time < TIMES; time += 1) step();
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / TIMES);
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.stdout.write(
    `${median(rounds).toFixed(2).padStart(8)} µs  ${name} (${Math.min(...rounds).toFixed(2)} to ${Math.max(...rounds).toFixed(2)})\n`,
  );
}
await journal.stop();
folder.remove();
process.exit(0);
