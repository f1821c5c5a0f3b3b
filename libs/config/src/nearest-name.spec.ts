import { describe, expect, test } from '@jest/globals';
import { nearestName } from './nearest-name.js';

const NAMES = ['api_base', 'api_key', 'timeout', 'stream_timeout', 'rpm', 'tpm', 'num_retries'];

describe('nearestName', () => {
  test.each([
    ['api_bsae', 'api_base'],
    ['apibase', 'api_base'],
    ['api-key', 'api_key'],
    ['API_KEY', 'api_key'],
    ['tiemout', 'timeout'],
    ['num_retrys', 'num_retries'],
    ['rmp', 'rpm'],
  ])('%s is taken for %s', (name, expected) => {
    expect(nearestName(name, NAMES)).toBe(expected);
  });

  test.each(['temperature', 'x', '', 'base', 'zzzzzzzz'])('%p is near to none', (name) => {
    expect(nearestName(name, NAMES)).toBeNull();
  });

  test('a name is not its own neighbour', () => {
    expect(nearestName('rpm', ['rpm'])).toBeNull();
  });

  test('the nearest of several wins', () => {
    expect(nearestName('stream_timeut', ['stream_time', 'stream_timeout'])).toBe('stream_timeout');
  });

  test('two names that swap neighbouring letters are one error apart', () => {
    expect(nearestName('prot', ['port'])).toBe('port');
  });

  test('a name of a million letters is answered at once', () => {
    const begin = performance.now();
    expect(nearestName('a'.repeat(1_000_000), NAMES)).toBeNull();
    expect(performance.now() - begin).toBeLessThan(500);
  });
});
