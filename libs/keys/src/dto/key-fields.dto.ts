import {
  ChoiceField,
  DurationField,
  FlagField,
  type JsonObject,
  ObjectField,
  TextField,
  TextListField,
  TextMapField,
} from '@app/call';
import { LimitFieldsDto } from '@app/users';

/** Fields of the wire contract that have no effect here, so they may not pass silently. */
const UNSUPPORTED = [
  'config',
  'rpm_limit_type',
  'tpm_limit_type',
  'permissions',
  'guardrails',
  'policies',
  'prompts',
  'disable_global_guardrails',
  'enforced_params',
  'object_permission',
  'allowed_passthrough_routes',
  'allowed_vector_store_indexes',
  'access_group_ids',
  'router_settings',
  'send_invite_email',
  'agent_id',
  'project_id',
  'budget_limits',
  'budget_fallbacks',
  'mcp_rpm_limit',
  'tag_rpm_limit',
  'throttle_on_budget_exceeded',
  'temp_budget_increase',
  'temp_budget_expiry',
  'new_master_key',
];

/** What may be said of a key; everything may be left out. */
export class KeyFieldsDto extends LimitFieldsDto {
  static readonly unsupported: readonly string[] = UNSUPPORTED;

  @TextField() key_alias?: string | null;
  @TextListField() models?: string[] | null;
  @TextMapField() aliases?: Record<string, string> | null;
  @TextField() user_id?: string | null;
  @TextField() team_id?: string | null;
  @TextField() organization_id?: string | null;
  @TextField() budget_id?: string | null;
  @ObjectField() metadata?: JsonObject | null;
  @TextListField() tags?: string[] | null;
  @TextListField() allowed_routes?: string[] | null;
  /** What calls may say in `cache`: `no-cache`, `ttl`; empty: everything. */
  @TextListField() allowed_cache_controls?: string[] | null;
  @ChoiceField('default', 'llm_api', 'management', 'read_only') key_type?: string | null;
  @FlagField() blocked?: boolean | null;
  @FlagField() auto_rotate?: boolean | null;
  @DurationField() rotation_interval?: string | null;
}

/** What may be said of a key when it is made or changed. */
export type KeyFields = KeyFieldsDto & { readonly duration?: string | null };
