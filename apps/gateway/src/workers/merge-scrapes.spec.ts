import { describe, expect, test } from '@jest/globals';
import { countersOf, mergeScrapes } from './merge-scrapes.js';

const scrape = (...lines: string[]): string => `${lines.join('\n')}\n`;

describe('one scrape for several processes', () => {
  test('adds counters and buckets, series by series', () => {
    const one = scrape(
      '# HELP calls_total Calls.',
      '# TYPE calls_total counter',
      'calls_total{model="a"} 2',
      '# HELP took_seconds Time.',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{le="+Inf"} 3',
      'took_seconds_sum 0.5',
    );
    const other = scrape(
      '# HELP calls_total Calls.',
      '# TYPE calls_total counter',
      'calls_total{model="a"} 1',
      'calls_total{model="b {} c"} 5',
      '# HELP took_seconds Time.',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{le="+Inf"} 1',
      'took_seconds_sum 0.25',
    );
    expect(mergeScrapes([one, other]).split('\n')).toEqual([
      '# HELP calls_total Calls.',
      '# TYPE calls_total counter',
      'calls_total{model="a"} 3',
      'calls_total{model="b {} c"} 5',
      '# HELP took_seconds Time.',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{le="+Inf"} 4',
      'took_seconds_sum 0.75',
      '',
    ]);
  });

  test.each([
    ['gateway_open_calls', [2, 3], '5'],
    ['nodejs_eventloop_lag_p99_seconds', [0.1, 0.4], '0.4'],
    ['gateway_database_connected', [1, 0], '0'],
    ['litellm_remaining_team_budget_metric', [5, 4.5], '4.5'],
    ['gateway_limit', [Infinity, 1], '+Inf'],
  ])('joins the gauge %s of %j to %s', (name, values, joined) => {
    const texts = values.map((value) =>
      scrape(`# TYPE ${name} gauge`, `${name} ${value === Infinity ? '+Inf' : value}`),
    );
    expect(mergeScrapes(texts)).toBe(scrape(`# TYPE ${name} gauge`, `${name} ${joined}`));
  });

  test('keeps the end mark of OpenMetrics, once', () => {
    const text = scrape('# TYPE calls counter', 'calls_total 1', '# EOF');
    expect(mergeScrapes([text, text])).toBe(scrape('# TYPE calls counter', 'calls_total 2', '# EOF'));
  });

  test('remembers of a process that ended what it had counted, not how it stood', () => {
    const text = scrape('# TYPE calls_total counter', 'calls_total 4', '# TYPE open gauge', 'open 2');
    const alive = scrape('# TYPE calls_total counter', 'calls_total 1', '# TYPE open gauge', 'open 1');
    expect(mergeScrapes([alive, countersOf(text)])).toBe(
      scrape('# TYPE calls_total counter', 'calls_total 5', '# TYPE open gauge', 'open 1'),
    );
  });
});
