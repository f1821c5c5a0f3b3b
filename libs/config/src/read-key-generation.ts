import { asList } from './collection-values.js';
import { type KeyGenerationRule, type LitellmSettings } from './app-config.js';
import { asName, asOneOf } from './scalar-values.js';
import { type Parse, Section } from './section.js';

const MEMBER_ROLES = ['admin', 'user'] as const;
const USER_ROLES = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'] as const;

/** `key_generation_settings`: who makes keys of teams and keys of his own, and what they have to say. */
export function readKeyGeneration(section: Section): LitellmSettings['keyGeneration'] {
  const settings = Section.of(section.entry('key_generation_settings'), section.node, section.findings);
  const rules = {
    team: readRule(settings, 'team_key_generation', 'allowed_team_member_roles', asOneOf(MEMBER_ROLES)),
    personal: readRule(settings, 'personal_key_generation', 'allowed_user_roles', asOneOf(USER_ROLES)),
  };
  settings.finish('key_generation_settings');
  return rules;
}

function readRule(settings: Section, name: string, roles: string, parse: Parse<string>): KeyGenerationRule {
  const rule = Section.of(settings.entry(name), settings.node, settings.findings);
  const read = {
    allowedRoles: rule.read(roles, asList(parse)),
    requiredParams: rule.read('required_params', asList(asName)) ?? [],
  };
  rule.finish(name);
  return read;
}
