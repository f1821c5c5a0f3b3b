import { UPSTREAM_KEY } from '../../harness/gateway-config.ts';
import { chunksOf, dataOf, type Json, textOf } from '../../harness/http.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding, inTurn } from '../attack.ts';
import { bodyProblem, isInTime } from '../judge.ts';

/** One call to a model that misbehaves, and how its end may look. */
interface Misbehaviour {
  readonly fault: string;
  readonly stream?: boolean;
  /** Statuses that an answer may have before its first byte. */
  readonly status?: readonly number[];
  /** A stream that has begun ends with an error frame. */
  readonly errorFrame?: true;
  /** The row says failure, and its call is charged nothing absurd. */
  readonly row?: 'failure' | 'success';
  readonly withinMs?: number;
  readonly neverSays?: string;
}

const MOST_TOKENS = 100_000;
const NOTHING_ELSE = 15_000;
let count = 0;

/** `quick/` reaches the same upstream with deadlines of a second or two. */
async function misbehaves(arena: Arena, wish: Misbehaviour): Promise<Finding[]> {
  const name = `${wish.fault}${wish.stream ? ' streamed' : ''}`;
  const callId = `upstream-${Date.now()}-${(count += 1)}`;
  const startedAt = performance.now();
  const answer = await arena.gateway.chat(
    { model: `quick/fault/${wish.fault}`, stream: wish.stream === true },
    { key: arena.key, headers: { 'x-litellm-call-id': callId }, signal: AbortSignal.timeout(NOTHING_ELSE) },
  );
  const ms = performance.now() - startedAt;
  const row = await arena.gateway.row(callId, 5_000).catch(() => null);
  const seen = `status ${answer.status}, ${ms.toFixed(0)} ms: ${answer.text.slice(-200)}`;
  return [
    check(`${name}: status`, (wish.status ?? [502]).includes(answer.status), seen),
    check(`${name}: shape`, shapeOf(answer.status, answer.text, wish), seen),
    check(`${name}: in time`, isInTime(ms, wish.withinMs ?? 6_000), seen),
    check(
      `${name}: no secret`,
      !answer.text.includes(UPSTREAM_KEY),
      'the key of the upstream is in the answer',
    ),
    check(`${name}: no leak`, wish.neverSays === undefined || !answer.text.includes(wish.neverSays), seen),
    check(`${name}: row`, row !== null && rowFits(row, wish.row), JSON.stringify(row).slice(0, 300)),
  ];
}

function shapeOf(status: number, text: string, wish: Misbehaviour): boolean {
  if (status >= 400) return bodyProblem(text) === null;
  if (!wish.stream) return true;
  const data = dataOf(text);
  const last = data.filter((value) => value !== '[DONE]').at(-1) ?? '';
  if (wish.errorFrame) return bodyProblem(last) === null;
  return data.every((value) => value === '[DONE]' || parses(value));
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function rowFits(row: Json, wanted: 'failure' | 'success' | undefined): boolean {
  const {
    status,
    spend,
    prompt_tokens: prompt,
    completion_tokens: completion,
  } = row as Record<string, unknown>;
  const amounts = [spend, prompt, completion].map(Number);
  const sane = amounts.every((amount) => Number.isFinite(amount) && amount >= 0 && amount <= MOST_TOKENS);
  return sane && (wanted === undefined || status === wanted);
}

const cases = (line: Pick<Attack, 'id' | 'input' | 'expected'>, wishes: readonly Misbehaviour[]): Attack => ({
  ...line,
  // Most of them wait for a deadline or a row, so they go side by side.
  run: async (arena) =>
    (await Promise.all(wishes.map((wish) => inTurn([wish], () => misbehaves(arena, wish))))).flat(),
});

const both = (wish: Misbehaviour): Misbehaviour[] => [wish, { ...wish, stream: true }];

export const UPSTREAM: readonly Attack[] = [
  {
    id: 'X066',
    input: 'a redirect to another origin',
    expected: '502, the other origin sees nothing',
    run: async (arena) => {
      await arena.sandbox.llamaSwap.settings({ redirectTo: `${arena.recorder.url}/steal` });
      const before = arena.recorder.seen.length;
      const findings = await inTurn(both({ fault: 'redirect', row: 'failure' }), (wish) =>
        misbehaves(arena, wish),
      );
      await arena.sandbox.llamaSwap.reset({ settings: true });
      const came = arena.recorder.seen.slice(before);
      return [...findings, check('recorder', came.length === 0, came.join('; '))];
    },
  },
  cases({ id: 'X124', input: 'accepts and never answers', expected: '504 at the deadline' }, [
    { fault: 'silent', status: [504], row: 'failure', withinMs: 5_000 },
    { fault: 'silent', stream: true, status: [200, 504], errorFrame: true, row: 'failure', withinMs: 5_000 },
    { fault: 'headers-then-silent', status: [504], row: 'failure', withinMs: 5_000 },
    {
      fault: 'headers-then-silent',
      stream: true,
      status: [200, 504],
      errorFrame: true,
      row: 'failure',
      withinMs: 5_000,
    },
  ]),
  cases({ id: 'X125', input: 'one byte a second', expected: 'ended by a deadline, row says so' }, [
    { fault: 'slow-1', status: [504], row: 'failure' },
    { fault: 'slow-1', stream: true, status: [200, 504], errorFrame: true, row: 'failure' },
    { fault: 'stall-3', stream: true, status: [200], errorFrame: true, row: 'failure' },
  ]),
  cases(
    { id: 'X126', input: 'reset or end in the middle', expected: 'error frame, row failed, usage estimated' },
    [
      ...['rst-3', 'fin-3', 'cut-3', 'error-mid-3', 'errorline-3'].map((fault): Misbehaviour => ({
        fault,
        stream: true,
        status: [200],
        errorFrame: true,
        row: 'failure',
      })),
      { fault: 'rst-0', status: [502], row: 'failure' },
      { fault: 'fin-0', status: [502], row: 'failure' },
      { fault: 'cut-0', stream: true, status: [200, 502], errorFrame: true, row: 'failure' },
    ],
  ),
  cases(
    { id: 'X128', input: 'usage that is none', expected: 'answered; the row holds sane figures' },
    [
      'missing',
      'null',
      'zero',
      'negative',
      'nan',
      'infinity',
      'string',
      'nulls',
      'huge',
      'int64',
      'million',
      'fraction',
      'nested',
      'twice',
      'after-done',
      'empty',
      'list',
    ].flatMap((kind) =>
      both({ fault: `usage-${kind}`, status: ['nan', 'infinity'].includes(kind) ? [200, 502] : [200] }),
    ),
  ),
  cases({ id: 'X129', input: '200 with HTML, nothing, 204, another type', expected: '502 upstream_error' }, [
    ...['html', 'empty', '204', 'garbage'].flatMap((fault) =>
      both({ fault, status: [502], neverSays: 'script' }),
    ),
    { fault: 'wrong-type', status: [200, 502] },
    { fault: 'wrong-type', stream: true, status: [200, 502] },
    { fault: 'invalid-utf8', stream: true, status: [200, 502] },
    { fault: 'nul', stream: true, status: [200, 502] },
  ]),
  cases(
    { id: 'X130', input: 'a line of 50 MB, a million events', expected: 'ended at 1 MB; nothing grows' },
    [
      {
        fault: 'bigline-50',
        stream: true,
        status: [200, 502],
        errorFrame: true,
        row: 'failure',
        withinMs: 10_000,
      },
      { fault: 'flood-1000000', stream: true, status: [200, 502], withinMs: 14_000 },
    ],
  ),
  cases(
    { id: 'X132', input: 'an error that repeats our key', expected: 'the key stays here' },
    both({ fault: 'echo-key', status: [401, 502, 500], row: 'failure' }),
  ),
  cases({ id: 'X134', input: '100,000 × 100 Continue or 103', expected: '502' }, [
    { fault: '100-continue-100000', status: [200, 502] },
    { fault: 'early-hints-100000', status: [200, 502] },
  ]),
  cases({ id: 'X135', input: 'layers of gzip, a length that lies, 10 MB of headers', expected: '502' }, [
    { fault: 'gzip-50', status: [502], row: 'failure' },
    { fault: 'gzip-1', stream: true, status: [502], row: 'failure' },
    { fault: 'short-length', status: [502], row: 'failure' },
    { fault: 'big-headers-1', status: [502], row: 'failure' },
  ]),
  { id: 'X135b', input: 'headers that act on browsers', expected: 'stripped', run: hostileHeaders },
  { id: 'X008b', input: 'event streams in every dialect', expected: 'the text arrives whole', run: dialects },
];

async function hostileHeaders(arena: Arena): Promise<readonly Finding[]> {
  return inTurn(['hostile-headers', 'setcookie'], async (fault) => {
    const { headers, status } = await arena.gateway.chat({ model: `fault/${fault}` }, { key: arena.key });
    const left = ['set-cookie', 'service-worker-allowed', 'clear-site-data', 'refresh', 'link'].filter(
      (name) => name in headers || `llm_provider-${name}` in headers,
    );
    return check(fault, status === 200 && left.length === 0, `status ${status}, left: ${left.join(', ')}`);
  });
}

function dialects(arena: Arena): Promise<readonly Finding[]> {
  return inTurn(
    [
      'crlf',
      'cr',
      'mixed-eol',
      'comments',
      'bom',
      'multiline-data',
      'split-1',
      'split-7',
      'coalesce',
      'id-retry',
      'no-space',
      'no-role',
    ],
    async (fault) => {
      const plain = await arena.gateway.chat({ model: 'fault/no-timings', stream: true }, { key: arena.key });
      const answer = await arena.gateway.chat({ model: `fault/${fault}`, stream: true }, { key: arena.key });
      const same = textOf(chunksOf(answer.text)) === textOf(chunksOf(plain.text));
      return check(
        fault,
        same && answer.text.includes('data: [DONE]'),
        `status ${answer.status}: ${answer.text.slice(0, 300)}`,
      );
    },
  );
}
