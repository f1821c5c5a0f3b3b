import { paths, withQuery } from './paths.js';

/** What the address of the logs asks for; empty text does not narrow. */
export interface LogQuery {
  readonly id: string;
  readonly model: string;
  readonly key: string;
  readonly user: string;
  readonly error: string;
  readonly result: 'success' | 'failure' | null;
  /** The cursor that an earlier page ended with. */
  readonly after: string | null;
}

const MAX_LENGTH = 200;

export function readLogQuery(query: URLSearchParams): LogQuery {
  const text = (name: string): string =>
    (query.get(name) ?? '').replaceAll('\0', '').toWellFormed().trim().slice(0, MAX_LENGTH);
  const result = query.get('result');
  return {
    id: text('id'),
    model: text('model'),
    key: text('of_key'),
    user: text('user'),
    error: text('error'),
    result: result === 'success' || result === 'failure' ? result : null,
    after: query.get('after'),
  };
}

/** The address of a page of the logs. */
export function logsHref(query: Partial<LogQuery>): string {
  const { id, model, key, user, error, result, after } = query;
  return withQuery(paths.logs, {
    id: id ?? null,
    model: model ?? null,
    // `key` would read as a credential, which no address may carry.
    of_key: key ?? null,
    user: user ?? null,
    error: error ?? null,
    result: result ?? null,
    after: after ?? null,
  });
}
