import { describe, expect, test } from '@jest/globals';
import { UnavailableError } from '@app/call';
import { QueryFailedError } from 'typeorm';
import { isConnectionFailure, unavailableFrom } from './connection-failure.js';

const coded = (code: string, message = 'no') => Object.assign(new Error(message), { code });
const failedQuery = (error: Error) => new QueryFailedError('SELECT 1', [], error);

describe('isConnectionFailure', () => {
  test.each([
    ['57P01', 'the server is shutting down'],
    ['57P02', 'the server crashed'],
    ['57P03', 'the server is starting up'],
    ['08006', 'the connection broke'],
    ['53300', 'too many connections'],
    ['ECONNREFUSED', 'nobody listens'],
    ['ECONNRESET', 'the socket was reset'],
    ['ENOTFOUND', 'the name is unknown'],
  ])('%s is one: %s', (code) => {
    expect(isConnectionFailure(failedQuery(coded(code)))).toBe(true);
  });

  test.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Driver not Connected',
  ])('a driver that says "%s" reports one', (message) => {
    expect(isConnectionFailure(new Error(message))).toBe(true);
  });

  test.each([
    ['23505', 'a duplicate key'],
    ['42P01', 'an unknown table'],
    ['28P01', 'a wrong password'],
    ['40001', 'a serialisation failure'],
    ['25006', 'a read-only database'],
  ])('%s is none: %s', (code) => {
    expect(isConnectionFailure(failedQuery(coded(code)))).toBe(false);
  });

  test('both addresses of a dual-stack host that refuse are one', () => {
    const refused = new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]);
    expect(isConnectionFailure(refused)).toBe(true);
  });

  test('an error that is its own cause ends the search', () => {
    const circular = new Error('odd');
    circular.cause = circular;
    expect(isConnectionFailure(circular)).toBe(false);
  });

  test('what is no error is none', () => {
    expect(isConnectionFailure('ECONNREFUSED')).toBe(false);
  });
});

describe('unavailableFrom', () => {
  test.each(['57P01', '25006', '53100', '57014', '55P03'])('%s becomes a 503 with Retry-After', (code) => {
    const error = unavailableFrom(failedQuery(coded(code)));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error?.status).toBe(503);
    expect(error?.headers['retry-after']).toBe('1');
  });

  test('the message names neither host nor statement', () => {
    const error = unavailableFrom(coded('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.7:5432'));
    expect(error?.message).not.toMatch(/10\.0\.0\.7|SELECT/);
  });

  test('the cause is kept for the log', () => {
    const cause = coded('57P01');
    expect(unavailableFrom(cause)?.cause).toBe(cause);
  });

  test('a mistake in a statement stays what it is', () => {
    expect(unavailableFrom(failedQuery(coded('42601')))).toBeNull();
  });
});
