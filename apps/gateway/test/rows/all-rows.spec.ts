import { expect, test } from '@jest/globals';
import { ALL_ROWS } from './all-rows.ts';
import { GROUPS } from './groups.ts';

const ids = ALL_ROWS.map(({ id }) => id);

test('every row has a name of its own', () => {
  expect(ids).toHaveLength(new Set(ids).size);
});

test.each(Object.entries(GROUPS))('the group %s names only rows that are written', (_, group) => {
  expect(group.filter((id) => !ids.includes(id))).toEqual([]);
});
