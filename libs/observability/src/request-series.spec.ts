import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Attempt, NO_USAGE, type Outcome } from '@app/call';
import { aCall, aDeployment, anOutcome } from '@testing/call';
import { MetricFamilies } from './metric-families.js';
import { RequestSeries } from './request-series.js';

let families: MetricFamilies;
let series: RequestSeries;

beforeEach(() => {
  families = new MetricFamilies();
  series = new RequestSeries(families);
});

const attempt = (changes: Partial<Attempt> = {}): Attempt => ({
  ...{ deploymentId: 'deployment-1', status: 200, startedAtMs: 0, durationMs: 8, error: null },
  ...changes,
});

function add(changes: Partial<Outcome> = {}, model = 'gpt-4'): void {
  series.add(anOutcome({ attempts: [attempt()], ...changes }), model);
}

const text = (): string => families.appendTo('', false);
const linesOf = (name: string): string[] =>
  text()
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`));
const valueOf = (name: string): number => Number(linesOf(name)[0]?.split(' ').at(-1));

describe('the families that dashboards of LiteLLM read', () => {
  test('a request stands with all its labels in order, those of people at None', () => {
    add();
    expect(linesOf('litellm_proxy_total_requests_metric_total')).toEqual([
      'litellm_proxy_total_requests_metric_total{api_key_alias="None",client_ip="None",end_user="None",' +
        'hashed_api_key="None",model_id="deployment-1",requested_model="gpt-4",route="/v1/chat/completions",' +
        'status_code="200",team="None",team_alias="None",user="None",user_agent="None",user_email="None"} 1',
    ]);
  });

  test('spend is in dollars, tokens by kind', () => {
    add({
      costPicoUsd: 2_500_000_000_000n,
      usage: { ...NO_USAGE, promptTokens: 9, completionTokens: 12, cachedTokens: 4 },
    });
    expect([
      valueOf('litellm_spend_metric_total'),
      valueOf('litellm_input_tokens_metric_total'),
      valueOf('litellm_output_tokens_metric_total'),
      valueOf('litellm_total_tokens_metric_total'),
      valueOf('litellm_cached_tokens_metric_total'),
    ]).toEqual([2.5, 9, 12, 21, 4]);
  });

  test('a failure has the class that LiteLLM gives it', () => {
    add({ status: 429, errorType: 'throttling_error', attempts: [attempt({ status: 429, error: 'no' })] });
    const [line] = linesOf('litellm_proxy_failed_requests_metric_total');
    expect(line).toContain('exception_class="Openai.RateLimitError",exception_status="429"');
    expect(linesOf('litellm_deployment_failure_responses_total')).toHaveLength(1);
  });

  test('a client that left is no failure', () => {
    add({ status: 499, attempts: [attempt({ status: 499, error: 'left' })] });
    expect(linesOf('litellm_proxy_failed_requests_metric_total')).toEqual([]);
    expect(linesOf('litellm_deployment_failure_responses_total')).toEqual([]);
  });

  test('the first token counts for streams alone', () => {
    add({ timeToFirstTokenMs: 300 });
    expect(linesOf('litellm_llm_api_time_to_first_token_metric_count')).toEqual([]);
    add({ call: aCall({ stream: true }), timeToFirstTokenMs: 300 });
    expect(valueOf('litellm_llm_api_time_to_first_token_metric_sum')).toBe(0.3);
  });

  test('overhead is in seconds', () => {
    add({ overheadMs: 4 });
    expect(valueOf('litellm_overhead_latency_metric_sum')).toBe(0.004);
  });

  test('tries before the one that answered count at their own deployments', () => {
    add();
    const other = aDeployment({ id: 'deployment-2' });
    const attempts = [attempt({ status: 502, error: 'gone' }), attempt({ deploymentId: 'deployment-2' })];
    add({ deployment: other, attempts });
    expect(linesOf('litellm_deployment_failure_responses_total')[0]).toContain('model_id="deployment-1"');
    expect(
      linesOf('litellm_deployment_success_responses_total').map((line) => line.split(' ').at(-1)),
    ).toEqual(['1', '1']);
  });

  test('another model that answers instead is a fallback', () => {
    const deployment = aDeployment({ id: 'b', modelGroup: 'gpt-3.5-turbo', upstreamModel: 'qwen2.5-14b' });
    const attempts = [attempt({ status: 503, error: 'away' }), attempt({ deploymentId: 'b' })];
    add({ deployment, attempts });
    expect(linesOf('litellm_deployment_successful_fallbacks_total')[0]).toContain(
      'fallback_model="qwen2.5-14b"',
    );
  });

  test('speed is tokens over the time of writing', () => {
    const usage = { ...NO_USAGE, completionTokens: 30 };
    add({ call: aCall({ stream: true }), durationMs: 2_000, timeToFirstTokenMs: 1_000, usage });
    expect(valueOf('gateway_output_tokens_per_second_sum')).toBe(30);
  });

  test('the path of a pass-through is none of the labels', () => {
    add({ call: aCall({ type: 'pass_through_endpoint', route: '/tts/anything/at/all' }) });
    expect(text()).toContain('route="pass_through"');
    expect(text()).not.toContain('anything');
  });
});

describe('the number of series', () => {
  test('stays below 14,000 and 4 MB with 500 models at 500 deployments', () => {
    for (let at = 0; at < 500; at++) {
      const deployment = aDeployment({ id: `deployment-${at}`, upstreamModel: `model-${at}` });
      const attempts = [attempt({ deploymentId: deployment.id })];
      const call = aCall({ stream: true });
      for (const status of [200, 400, 429, 500, 502, 503])
        add({ call, deployment, attempts, status }, `name-${at}`);
    }
    const written = text();
    expect(written.split('\n').length).toBeLessThan(14_000);
    expect(written.length).toBeLessThan(4_000_000);
    expect(written).toContain('requested_model="other"');
  });

  test('a wildcard names no model that is not known', () => {
    const deployment = aDeployment({ modelGroup: '*', upstreamModel: 'made-up-by-a-client' });
    add({ deployment }, 'other');
    expect(text()).not.toContain('made-up');
  });
});
