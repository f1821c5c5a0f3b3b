import { type RawReply } from '../harness/raw.ts';

/** What a reply may be. */
export interface Expectation {
  /** 0 allows that nothing at all comes back. */
  readonly status: readonly number[];
  /** The server must close the connection. */
  readonly closes?: true;
  readonly withinMs?: number;
  readonly atLeastMs?: number;
  /** Whole responses on the connection; one unless told. */
  readonly responses?: number;
  /** Requests that reach the upstream. */
  readonly upstream?: number;
  /** Words that the body must have, and that it must not have. */
  readonly says?: RegExp;
  readonly neverSays?: RegExp;
  /** The reply is no error of ours, only its status counts. */
  readonly anyShape?: true;
}

let slackness = 1;

/** How late an answer may be: 1 on a quiet machine, more where a whole test run shares it. */
export function allowSlowness(factor: number): void {
  slackness = factor;
}

export const isInTime = (ms: number, limitMs: number): boolean => ms <= limitMs * slackness;

const INTERNALS =
  /node_modules|\n\s+at |\/libs\/|\/dist\/|TypeError|SyntaxError|QueryFailed|Unexpected token/;

/** What is wrong with a reply, or null. Every error must have the one shape, whoever noticed it. */
export function judge(reply: RawReply, expected: Expectation): string | null {
  const { status } = reply;
  if (!expected.status.includes(status)) return `expected ${expected.status.join(' or ')}`;
  if (status !== 0 && reply.responses !== (expected.responses ?? 1))
    return 'not one response for one request';
  if (expected.closes && !reply.closed) return 'the connection stays open';
  if (expected.withinMs !== undefined && !isInTime(reply.ms, expected.withinMs))
    return `slower than ${expected.withinMs} ms`;
  if (expected.atLeastMs !== undefined && reply.ms < expected.atLeastMs)
    return `sooner than ${expected.atLeastMs} ms`;
  if (expected.says && !expected.says.test(reply.body)) return `the body lacks ${expected.says.source}`;
  if (expected.neverSays?.test(reply.text)) return `the reply has ${expected.neverSays.source}`;
  if (INTERNALS.test(reply.body)) return 'the body shows internals';
  if (status === 500) return 'a 500';
  return status >= 400 && !expected.anyShape ? shapeProblem(reply) : null;
}

/** Judges headers and body of an error reply. */
function shapeProblem(reply: {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}): string | null {
  const { headers } = reply;
  if (!(headers.get('content-type') ?? '').startsWith('application/json')) return 'the error is not JSON';
  if (headers.get('x-content-type-options') !== 'nosniff') return 'nosniff is missing';
  if (!headers.get('x-request-id')) return 'the request id header is missing';
  return bodyProblem(reply.body);
}

/** HEAD has headers alone. */
export function bodyProblem(body: string): string | null {
  const error = errorOf(body);
  if (!error) return 'the body is not {"error":{…}}';
  const { message, type, param, code } = error;
  if (typeof message !== 'string' || message === '') return 'error.message is missing';
  if (typeof type !== 'string' || type === '') return 'error.type is missing';
  if (param !== null && typeof param !== 'string') return 'error.param is neither text nor null';
  return code === null || typeof code === 'string' ? null : 'error.code is neither text nor null';
}

function errorOf(body: string): Record<string, unknown> | null {
  try {
    const parsed = JSON.parse(body) as { error?: Record<string, unknown> };
    return typeof parsed.error === 'object' ? parsed.error : null;
  } catch {
    return null;
  }
}
