import type { Exchange } from '../core/exchange.js';

/** One line of FastAPI's 422. */
export interface FieldProblem {
  type: string;
  loc: (string | number)[];
  msg: string;
  input: unknown;
}

export function missingField(name: string, input: unknown): FieldProblem {
  return { type: 'missing', loc: ['body', name], msg: 'Field required', input };
}

export function notOneOf(name: string, allowed: readonly string[], input: unknown): FieldProblem {
  const last = allowed.at(-1) ?? '';
  const words = [...allowed.slice(0, -1).map((word) => `'${word}'`)].join(', ');
  return {
    type: 'literal_error',
    loc: ['body', name],
    msg: `Input should be ${words} or '${last}'`,
    input,
  };
}

export function notAString(name: string, input: unknown): FieldProblem {
  return { type: 'string_type', loc: ['body', name], msg: 'Input should be a valid string', input };
}

export function unprocessable(exchange: Exchange, problems: readonly FieldProblem[]): void {
  exchange.sendJson(422, { detail: problems }, UVICORN);
}

export function malformedJson(exchange: Exchange): void {
  const problem = { type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {} };
  exchange.sendJson(422, { detail: [{ ...problem, ctx: { error: 'Expecting value' } }] }, UVICORN);
}

export function notFound(exchange: Exchange): void {
  exchange.sendJson(404, { detail: 'Not Found' }, UVICORN);
}

export function methodNotAllowed(exchange: Exchange): void {
  exchange.sendJson(405, { detail: 'Method Not Allowed' }, UVICORN);
}

export const UVICORN = ['Server', 'uvicorn'];
