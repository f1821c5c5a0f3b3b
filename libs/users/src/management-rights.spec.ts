import { describe, expect, test } from '@jest/globals';
import { ANONYMOUS, type Caller, type Role } from '@app/call';
import { isTouchedBy } from './is-touched-by.js';
import { isAdmin, isPlain, mayWrite, seesEverything } from './management-rights.js';

const caller = (role: Role | null, userId: string | null = 'ada'): Caller => ({
  ...ANONYMOUS,
  kind: 'key',
  role,
  userId,
});

describe('rights', () => {
  test.each([
    ['proxy_admin', { isAdmin: true, seesEverything: true, isPlain: false, mayWrite: true }],
    ['proxy_admin_viewer', { isAdmin: false, seesEverything: true, isPlain: false, mayWrite: false }],
    ['internal_user', { isAdmin: false, seesEverything: false, isPlain: false, mayWrite: true }],
    ['internal_user_viewer', { isAdmin: false, seesEverything: false, isPlain: false, mayWrite: false }],
    [null, { isAdmin: false, seesEverything: false, isPlain: true, mayWrite: false }],
  ] as const)('of the role %s', (role, rights) => {
    const who = caller(role);
    expect({
      isAdmin: isAdmin(who),
      seesEverything: seesEverything(who),
      isPlain: isPlain(who),
      mayWrite: mayWrite(who),
    }).toEqual(rights);
  });

  test('a key that carries the name of the master key’s user has none', () => {
    const who = caller('internal_user', 'default_user_id');
    expect([isPlain(who), mayWrite(who)]).toEqual([true, false]);
  });
});

describe('a change', () => {
  const key = { userId: 'ada', teamId: 'red', organizationId: 'acme', budgetId: 'small' };

  test.each(['user:ada', 'team:red', 'organization:acme', 'budget:small', 'team_member:red:ada'])(
    'of %s touches its keys',
    (scope) => {
      expect(isTouchedBy(new Set(['user:eve', scope]), key)).toBe(true);
    },
  );

  test.each(['user:red', 'team:ada', 'team_member:ada:red', 'team_member:red:eve', 'end_user:ada', 'user:'])(
    'of %s does not',
    (scope) => {
      expect(isTouchedBy(new Set([scope]), key)).toBe(false);
      expect(isTouchedBy(new Set([scope]), { userId: null, teamId: null, organizationId: null })).toBe(false);
    },
  );
});
