import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { listOf, pause, ROOT, stringOf, until } from './harness.ts';
import { Prometheus, promtool, prometheusPrograms } from './harness/prometheus.ts';
import { suite, test } from './harness/suite.ts';

const programs = prometheusPrograms();
if (!programs)
  process.stderr.write(
    'SKIPPED: no Prometheus, neither installed nor as a package of Debian: nothing is checked by it.\n',
  );

const DEPLOY = join(ROOT, 'deploy/prometheus');
const guide = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');
const panels = readdirSync(join(ROOT, 'deploy/grafana')).flatMap((name) => {
  const dashboard = JSON.parse(readFileSync(join(ROOT, 'deploy/grafana', name), 'utf8')) as {
    readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
  };
  return dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
});

(programs ? describe : describe.skip)('a real Prometheus', () => {
  const there = programs ?? { prometheus: '', promtool: '' };
  const parts = suite(
    { litellm: { callbacks: ['langfuse'] } },
    {
      backends: ['langfuse'],
      env: { LANGFUSE_PUBLIC_KEY: 'pk-lf-1', LANGFUSE_SECRET_KEY: 'sk-lf-canary-0123456789' },
    },
  );
  let prometheus: Prometheus;

  beforeAll(async () => {
    const { host } = new URL(parts.gateway.url);
    const shipped = readFileSync(join(DEPLOY, 'prometheus.yml'), 'utf8');
    const configuration = shipped
      .replaceAll('15s', '1s')
      .replace('alerts.yml', join(DEPLOY, 'alerts.yml'))
      .replace('litellm:4000', host);
    prometheus = await Prometheus.start(there, configuration);
    const key = await parts.gateway.key();
    const traffic = async (): Promise<void> => {
      await parts.gateway.chat({ max_tokens: 20 }, { key });
      await parts.gateway.chat({ max_tokens: 20, stream: true }, { key });
      await parts.gateway.chat({ model: 'fault/500' }, { key });
    };
    await traffic();
    await until(
      'the gateway was read twice after calls',
      async () => {
        await traffic();
        const [perSecond = 0] = await prometheus.query('sum(rate(litellm_requests_total[1m]))');
        return perSecond > 0;
      },
      30_000,
      1_000,
    );
    await pause(2_500);
  }, 90_000);
  afterAll(() => prometheus.stop());

  test('takes the configuration and the rules that are shipped', () => {
    expect(promtool(there, ['check', 'config', join(DEPLOY, 'prometheus.yml')])).toMatch(/SUCCESS[^]*\(0\)$/);
    expect(promtool(there, ['check', 'rules', join(DEPLOY, 'alerts.yml')])).toMatch(
      /SUCCESS: \d+ rules found[^]*\(0\)$/,
    );
  });

  test('has nothing to say about the metrics but of names that are LiteLLM’s, which the guide lists', async () => {
    const { text } = await parts.gateway.http.ask('/metrics');
    const told = promtool(there, ['check', 'metrics'], text).split('\n').slice(0, -1);
    expect(told.filter((line) => !line.startsWith('litellm_'))).toEqual([]);
    const named = [...new Set(told.map((line) => line.split(' ')[0] ?? ''))];
    expect(named.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });

  test('reads the gateway, and judges every rule', async () => {
    expect(await prometheus.query('up{job="llm-gateway"}')).toEqual([1]);
    const { groups } = await prometheus.get('/api/v1/rules');
    const judged = listOf(groups).flatMap(({ rules }) => listOf(rules));
    expect(judged.length).toBeGreaterThan(5);
    expect(judged.filter(({ health }) => stringOf(health) !== 'ok')).toEqual([]);
  });

  test('has an answer to whatever the dashboards ask', async () => {
    const silent = [];
    for (const expression of panels) {
      const values = await prometheus.query(expression);
      if (!values.some((value) => !Number.isNaN(value))) silent.push(expression);
    }
    expect(panels.length).toBeGreaterThan(15);
    expect(silent).toEqual([]);
  });
});
