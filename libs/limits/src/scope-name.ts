import { type LimitRule } from '@app/call';

/** LiteLLM's words for each kind of scope. */
const SCOPE_NAMES: Readonly<Record<string, string>> = {
  key: 'api_key',
  user: 'user',
  team: 'team',
  team_member: 'team_member',
  organization: 'organization',
  end_user: 'end_user',
};

/** `api_key`, `team`, `model_per_key`, … as they stand in messages and headers. */
export function scopeName({ scope, model }: LimitRule): string {
  const kind = scope.split(':', 1)[0] ?? '';
  if (model === null) return SCOPE_NAMES[kind] ?? kind;
  return `model_per_${kind}`;
}
