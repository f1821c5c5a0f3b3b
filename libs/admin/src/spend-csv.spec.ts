import { describe, expect, test } from '@jest/globals';
import { type SpendLogRow } from '@app/spend';
import { CSV_HEAD, csvLine } from './spend-csv.js';

const cells = (changes: object): string =>
  csvLine({ request_tags: [], ...changes } as unknown as SpendLogRow);
const endUserOf = (endUser: string): string => cells({ end_user: endUser }).replace(/^,*|,*\r\n$/g, '');

describe('a line of CSV', () => {
  test('has a cell for each name in the head', () => {
    expect(cells({}).split(',')).toHaveLength(CSV_HEAD.split(',').length);
  });

  test.each([
    ['=1+1', "'=1+1"],
    ['+49', "'+49"],
    ['-2', "'-2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['  =cmd', "'  =cmd"],
    ['"=1', `"'""=1"`],
    ["'=1", "''=1"],
    ['\t=1', `"'\t=1"`],
    ['\r=1', `"'\r=1"`],
    ['＝1+1', "'＝1+1"],
    ['|calc', "'|calc"],
    ['%0A', "'%0A"],
  ])('%j is no formula', (text, cell) => {
    expect(endUserOf(text)).toBe(cell);
  });

  test.each([
    ['Ann', 'Ann'],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\nlines', '"two\nlines"'],
    ['a=b', 'a=b'],
  ])('%j stays text', (text, cell) => {
    expect(endUserOf(text)).toBe(cell);
  });

  test.each([
    [1e-12, '0.000000000001'],
    [1.5e-7, '0.00000015'],
    [0, '0'],
    [12.5, '12.5'],
  ])('%d is written without an exponent', (spend, text) => {
    expect(cells({ spend })).toContain(`,${text},`);
  });
});
