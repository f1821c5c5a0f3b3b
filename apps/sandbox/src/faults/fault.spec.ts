import { describe, expect, test } from '@jest/globals';
import { FaultScript } from './fault-script.js';
import { FAULT_NAMES, parseFault, parseScriptedFault, UnknownFault } from './fault.js';

describe('parseFault', () => {
  test.each([
    ['stall-3', 'stall', '3'],
    ['stall-after=3', 'stall', '3'],
    ['stall=3', 'stall', '3'],
    ['502-empty', '502-empty', ''],
    ['500', '500', ''],
    ['429-2', '429', '2'],
    ['100-continue-5', '100-continue', '5'],
    ['error-mid-4', 'error-mid', '4'],
    ['errorline-4', 'errorline', '4'],
    ['usage-after-done', 'usage', 'after-done'],
    ['headers-then-silent', 'headers-then-silent', ''],
    ['status-503', 'status', '503'],
  ] as const)('reads %s', (text, name, argument) => {
    const fault = parseFault(text);
    expect(fault.has(name)).toBe(true);
    expect(fault.text(name)).toBe(argument);
  });

  test('reads several faults joined by a comma or a plus sign', () => {
    const fault = parseFault('setcookie, stall-2+usage-missing');
    expect([fault.has('setcookie'), fault.number('stall', 0), fault.text('usage')]).toEqual([
      true,
      2,
      'missing',
    ]);
  });

  test('refuses a name that it does not know, so that a typing error cannot pass as a good answer', () => {
    expect(() => parseFault('stal-3')).toThrow(UnknownFault);
  });

  test('takes every name of the list as that name', () => {
    for (const name of FAULT_NAMES) expect(parseFault(name).has(name)).toBe(true);
  });

  test('falls back to the default when the argument is no number', () => {
    expect(parseFault('stall').number('stall', 7)).toBe(7);
    expect(parseFault('stall-x').numberIf('stall', 7)).toBe(7);
    expect(parseFault('html').numberIf('stall', 7)).toBeUndefined();
  });
});

describe('parseScriptedFault', () => {
  test('takes members as faults, in camel case or with hyphens', () => {
    const fault = parseScriptedFault({ stallAfter: 3, setcookie: true, 'error-mid': 2, html: false });
    expect([fault.number('stall', 0), fault.has('setcookie'), fault.number('error-mid', 0)]).toEqual([
      3,
      true,
      2,
    ]);
    expect(fault.has('html')).toBe(false);
  });

  test('answers with status, headers and body as given', () => {
    const fault = parseScriptedFault({ status: 418, headers: { 'x-tea': 'yes' }, body: { a: 1 } });
    expect([fault.number('status', 0), fault.headers, fault.body]).toEqual([
      418,
      { 'x-tea': 'yes' },
      '{"a":1}',
    ]);
  });

  test('answers 200 when only a body is given', () => {
    expect(parseScriptedFault({ body: 'hello' }).number('status', 0)).toBe(200);
  });
});

describe('FaultScript', () => {
  const any = () => null;

  test('gives faults out in the order in which they were queued', () => {
    const script = new FaultScript();
    script.add([{ status: 500 }, { status: 503 }]);
    expect(script.take('/', any)?.number('status', 0)).toBe(500);
    expect(script.take('/', any)?.number('status', 0)).toBe(503);
    expect(script.take('/', any)).toBeUndefined();
  });

  test('keeps a fault for the model that it names', () => {
    const script = new FaultScript();
    script.add({ status: 500, match: { model: 'a' } });
    expect(script.take('/', () => 'b')).toBeUndefined();
    expect(script.take('/', () => 'a')).toBeDefined();
  });

  test('keeps a fault for the path that it names', () => {
    const script = new FaultScript();
    script.add({ status: 500, match: { path: '/v1/embeddings' } });
    expect(script.take('/v1/chat/completions', any)).toBeUndefined();
    expect(script.take('/v1/embeddings', any)).toBeDefined();
  });

  test('serves a fault as often as it says', () => {
    const script = new FaultScript();
    script.add({ status: 500, times: 2 });
    expect(script.waiting).toBe(2);
    script.take('/', any);
    script.take('/', any);
    expect(script.take('/', any)).toBeUndefined();
  });
});
