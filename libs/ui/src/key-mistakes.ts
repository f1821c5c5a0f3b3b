import { type GatewayError } from '@app/call';
import { type KeyFields, type KeyMistakes } from './key-form.js';

const FIELDS: Readonly<Record<string, keyof KeyFields>> = {
  key_alias: 'alias',
  user_id: 'userId',
  team_id: 'teamId',
  models: 'models',
  max_budget: 'budget',
  budget_duration: 'period',
  rpm_limit: 'rpm',
  tpm_limit: 'tpm',
  max_parallel_requests: 'parallel',
  duration: 'duration',
  tags: 'tags',
  metadata: 'metadata',
};

/** What a service refused, at the field that it names. */
export function mistakesOf(error: GatewayError): { mistakes: KeyMistakes; general: string } {
  const field = FIELDS[error.param ?? ''];
  return field
    ? { mistakes: { [field]: error.message }, general: '' }
    : { mistakes: {}, general: error.message };
}
