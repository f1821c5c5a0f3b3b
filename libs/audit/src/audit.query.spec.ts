import { describe, expect, test } from '@jest/globals';
import { readAnchor, readAuditQuery } from './audit.query.js';

describe('a question to the audit log', () => {
  test('without parameters asks for the newest fifty', () => {
    expect(readAuditQuery({})).toEqual({ limit: 50 });
  });

  test('carries every filter', () => {
    const asked = readAuditQuery({
      action: 'key.generated',
      entity: 'key',
      entity_id: 'x',
      actor: 'ann',
      since: '2026-02-16',
      until: '2026-02-17T08:00:00',
      before_id: '17',
      limit: '500',
    });
    expect(asked).toEqual({
      action: 'key.generated',
      entity: 'key',
      entityId: 'x',
      actor: 'ann',
      sinceMs: Date.UTC(2026, 1, 16),
      untilMs: Date.UTC(2026, 1, 17, 8),
      beforeId: 17,
      limit: 500,
    });
  });

  test.each([
    ['limit', '501'],
    ['limit', '0'],
    ['limit', '-1'],
    ['limit', '1e2'],
    ['before_id', '99999999999999999999'],
    ['before_id', 'x'],
    ['since', 'yesterday'],
    ['since', '2026-13-01'],
    ['until', '2026-02-16; DROP TABLE audit_log'],
    ['action', ['a', 'b']],
    ['entity', { $ne: '' }],
    ['order', 'asc'],
  ])('with %s=%j is refused by name', (name, value) => {
    expect(() => readAuditQuery({ [name]: value })).toThrow(
      expect.objectContaining({ status: 400, param: name }),
    );
  });
});

describe('an anchor', () => {
  const seal = 'ab'.repeat(32);

  test('is an entry and its seal', () => {
    expect(readAnchor({ id: '3', seal })).toEqual({ id: 3, seal });
    expect(readAnchor({})).toBeNull();
  });

  test.each([{ id: '3' }, { seal }, { id: '3', seal: 'AB' }, { id: '0', seal }])(
    'is refused as %j',
    (query) => {
      expect(() => readAnchor(query)).toThrow(expect.objectContaining({ status: 400 }));
    },
  );
});
