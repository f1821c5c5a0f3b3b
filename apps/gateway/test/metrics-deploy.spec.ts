import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from './harness.ts';

const guide = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');
const METRIC = /\b(?:litellm|gateway|nodejs|process)_[a-z0-9_]+/g;

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook_url: string; readonly summary: string };
}
interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const rules = (
  parse(readFileSync(join(ROOT, 'deploy/prometheus/alerts.yml'), 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
const dashboards = readdirSync(join(ROOT, 'deploy/grafana')).map(
  (name) =>
    [name, JSON.parse(readFileSync(join(ROOT, 'deploy/grafana', name), 'utf8')) as Dashboard] as const,
);
const unknownIn = (expression: string): string[] =>
  (expression.match(METRIC) ?? [])
    .map((name) => name.replace(/_(?:bucket|sum|count)$/, ''))
    .filter((name) => !guide.includes(name));

describe('alert rules', () => {
  test.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s reads metrics that exist and has a runbook',
    (name, rule) => {
      expect(unknownIn(rule.expr)).toEqual([]);
      expect(rule.annotations.runbook_url).toBe(`docs/metrics.md#${name.toLowerCase()}`);
      expect(guide).toContain(`### ${name}\n`);
    },
  );
});

test.each(dashboards)('the dashboard %s reads metrics that exist', (_, { panels }) => {
  expect(panels.length).toBeGreaterThan(5);
  for (const { targets } of panels) expect(targets.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
});
