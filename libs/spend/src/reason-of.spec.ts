import { expect, test } from '@jest/globals';
import { planText, readPlan } from './plan-text.js';
import { reasonOf } from './reason-of.js';

const plan = { group: 'gpt-4', by: 'least-busy', deployments: ['a', 'b'], fallbacks: ['small'] };
const failed = (id: string, status = 503) => ({ deployment_id: id, status, error_class: 'upstream_error' });
const answered = (id: string) => ({ deployment_id: id, status: 200, error_class: null });

test('tells by what a deployment was chosen', () => {
  expect(reasonOf(plan, [])).toBe('chosen by least-busy among 2 deployments of gpt-4');
  expect(reasonOf({ ...plan, by: 'only', deployments: ['a'] }, [])).toBe('the only deployment of gpt-4');
});

test('tells what failed and who was asked then', () => {
  expect(reasonOf(plan, [failed('a'), failed('a', 0), failed('b', 429), answered('x')])).toBe(
    'chosen by least-busy among 2 deployments of gpt-4; 503 upstream_error, asked again; ' +
      'upstream_error, another deployment was asked; 429 upstream_error, a fallback was asked',
  );
});

test('tells that nobody was left', () => {
  expect(reasonOf({ ...plan, fallbacks: [] }, [failed('a')])).toMatch(
    /503 upstream_error, nobody else was asked; no fallback is configured$/,
  );
});

test('a plan fits a word however many deployments it has, and what is no plan is none', () => {
  const deployments = Array.from({ length: 900 }, (_, index) => `deployment-${index}`);
  const text = planText({ ...plan, group: 'g'.repeat(600), deployments, fallbacks: deployments });
  expect(text.length).toBeLessThanOrEqual(512);
  expect(readPlan(text)?.deployments[0]).toBe('deployment-0');
  expect([readPlan('{'), readPlan('[]'), readPlan(null)]).toEqual([null, null, null]);
});
