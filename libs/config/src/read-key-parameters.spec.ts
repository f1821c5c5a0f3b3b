import { describe, expect, test } from '@jest/globals';
import { configFrom, problemsFrom } from './testing.js';

const litellm = (settings: string) => configFrom(`litellm_settings: {${settings}}`);

describe('what new keys have and may have', () => {
  test('stands in the configuration as it would in a request', () => {
    const { keyDefaults, keyBounds } = litellm(
      `default_key_generate_params: {models: [a, "b/*"], max_budget: 0.1, duration: 30d, metadata: {team: {x: 1}}, tags: t},
       upperbound_key_generate_params: {max_budget: 1e12, rpm_limit: 60}`,
    ).litellm;
    expect(keyDefaults).toEqual({
      models: ['a', 'b/*'],
      max_budget: '0.1',
      duration: '30d',
      metadata: { team: { x: 1 } },
      tags: ['t'],
    });
    expect(keyBounds).toEqual({ max_budget: '1000000000000', rpm_limit: 60 });
  });

  test('stands there for teams and users too', () => {
    const { teamDefaults, userDefaults } = litellm(
      `default_team_params: {max_budget: 5, budget_duration: 30d, team_member_permissions: [/key/info]},
       default_internal_user_params: {user_role: internal_user_viewer, models: [a], rpm_limit: 3}`,
    ).litellm;
    expect(teamDefaults).toEqual({
      max_budget: '5',
      budget_duration: '30d',
      team_member_permissions: ['/key/info'],
    });
    expect(userDefaults).toEqual({ user_role: 'internal_user_viewer', models: ['a'], rpm_limit: 3 });
  });

  test('says who may make them, and what they have to say', () => {
    const { keyGeneration } = litellm(
      `key_generation_settings: {team_key_generation: {allowed_team_member_roles: [admin], required_params: [tags]}}`,
    ).litellm;
    expect(keyGeneration).toEqual({
      team: { allowedRoles: ['admin'], requiredParams: ['tags'] },
      personal: { allowedRoles: null, requiredParams: [] },
    });
  });

  test.each([
    ['key_generation_settings: {team_key_generation: {allowed_team_member_roles: [boss]}}', 'allowed_team'],
    [
      'key_generation_settings: {personal_key_generation: {allowed_user_roles: [user]}}',
      'allowed_user_roles',
    ],
    ['default_internal_user_params: {user_role: proxy_admin}', 'user_role'],
    ['default_team_params: {tpm_limit: many}', 'tpm_limit'],
    ['default_key_generate_params: {max_budget: much}', 'max_budget'],
    ['default_key_generate_params: {metadata: 5}', 'metadata'],
    ['upperbound_key_generate_params: {rpm_limit: -1}', 'rpm_limit'],
    ['upperbound_key_generate_params: {duration: soon}', 'duration'],
    ['upperbound_key_generate_params: [1]', 'upperbound_key_generate_params'],
  ])('%s is a problem', (settings, at) => {
    const [problem] = problemsFrom(`litellm_settings: {${settings}}`);
    expect(problem?.path).toContain(at);
  });

  test('warns of a bound that there is not', () => {
    expect(litellm('upperbound_key_generate_params: {models: [a]}').warnings.join()).toContain('models');
  });
});
