import { describe, expect, test } from '@jest/globals';
import { BucketCounts } from './bucket-counts.js';
import { type Family, familyText, labelText } from './family-text.js';
import { LATENCY_BUCKETS } from './metric-buckets.js';
import { MetricFamilies } from './metric-families.js';

const counter = (name: string, value: number): Family => ({
  ...{ name, help: 'Things.', type: 'counter' },
  read: () => [{ labels: 'a="b"', value }],
});

describe('labels', () => {
  test('stand in alphabetical order', () => {
    expect(labelText({ b: '2', a: '1' })).toBe('a="1",b="2"');
  });

  test('cannot end their own quotes or their line', () => {
    expect(labelText({ a: '"} 1\n\\' })).toBe('a="\\"} 1\\n\\\\"');
  });
});

describe('a family as text', () => {
  test('a counter ends in _total', () => {
    expect(familyText(counter('things', 3), false)).toBe(
      '# HELP things_total Things.\n# TYPE things_total counter\nthings_total{a="b"} 3\n',
    );
  });

  test('in OpenMetrics the family itself does not', () => {
    expect(familyText(counter('things', 3), true)).toContain(
      '# TYPE things counter\nthings_total{a="b"} 3\n',
    );
  });

  test('a family without series is not there', () => {
    expect(familyText({ ...counter('things', 1), read: () => [] }, false)).toBe('');
  });

  test('buckets hold all that is below them', () => {
    const buckets = new BucketCounts([0.5, 1, 10]);
    for (const value of [0.1, 0.5, 0.7, 99]) buckets.observe(value);
    const text = familyText(
      { name: 'h', help: 'H.', type: 'histogram', read: () => [{ labels: '', value: buckets }] },
      false,
    );
    expect(text.split('\n').slice(2, -1)).toEqual([
      'h_bucket{le="0.5"} 2',
      'h_bucket{le="1.0"} 3',
      'h_bucket{le="10.0"} 3',
      'h_bucket{le="+Inf"} 4',
      `h_sum ${0.1 + 0.5 + 0.7 + 99}`,
      'h_count 4',
    ]);
  });

  test('what is no measurement is not counted', () => {
    const buckets = new BucketCounts([1]);
    for (const odd of [NaN, -1, Infinity]) buckets.observe(odd);
    expect(buckets.count).toBe(0);
  });

  test('infinity is written as Prometheus reads it', () => {
    expect(familyText({ ...counter('g', Infinity), type: 'gauge' }, false)).toContain('g{a="b"} +Inf\n');
  });

  test('the buckets of latencies are those that dashboards ask for', () => {
    expect(LATENCY_BUCKETS).toHaveLength(35);
    expect(LATENCY_BUCKETS.slice(5, 10)).toEqual([0.1, 0.5, 1, 1.5, 2]);
    expect(LATENCY_BUCKETS.slice(-10)).toEqual([10, 15, 20, 25, 30, 60, 120, 180, 240, 300]);
  });
});

describe('all families', () => {
  test('stand behind what is there, before the end of OpenMetrics', () => {
    const families = new MetricFamilies();
    families.add(counter('things', 1));
    expect(families.appendTo('x 1\n# EOF\n', true)).toMatch(/^x 1\n# HELP things[^]+\n# EOF\n$/);
    expect(families.appendTo('x 1', false)).toMatch(/^x 1\n# HELP things_total/);
  });

  test('one that is told again takes the place of the first', () => {
    const families = new MetricFamilies();
    families.add(counter('things', 1), counter('things', 2));
    expect(families.appendTo('', false).match(/things_total\{a="b"\} \d/g)).toEqual([
      'things_total{a="b"} 2',
    ]);
  });
});
