import { IsIn, IsOptional } from 'class-validator';
import {
  BudgetField,
  ChoiceField,
  DurationField,
  FlagField,
  type JsonObject,
  ObjectField,
  TextField,
  TextListField,
  TextMapField,
} from '@app/call';

/** Body of `POST /key/generate`; everything may be left out. */
export class GenerateKeyDto {
  /** Fields of the wire contract that have no effect here yet, so they may not pass silently. */
  static readonly unsupported = [
    'config',
    'budget_duration',
    'soft_budget',
    'budget_id',
    'max_parallel_requests',
    'rpm_limit',
    'tpm_limit',
    'model_rpm_limit',
    'model_tpm_limit',
    'rpm_limit_type',
    'tpm_limit_type',
    'model_max_budget',
    'organization_id',
    'permissions',
    'allowed_cache_controls',
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
    'auto_rotate',
    'rotation_interval',
    'agent_id',
    'project_id',
    'budget_limits',
    'budget_fallbacks',
    'mcp_rpm_limit',
    'tag_rpm_limit',
    'throttle_on_budget_exceeded',
  ];

  @TextField() key?: string | null;
  @TextField() key_alias?: string | null;
  @DurationField() duration?: string | null;
  @TextListField() models?: string[] | null;
  @TextMapField() aliases?: Record<string, string> | null;
  @BudgetField() max_budget?: number | string | null;
  @TextField() user_id?: string | null;
  @TextField() team_id?: string | null;
  @ObjectField() metadata?: JsonObject | null;
  @TextListField() tags?: string[] | null;
  @TextListField() allowed_routes?: string[] | null;
  @ChoiceField('default', 'llm_api', 'management', 'read_only') key_type?: string | null;
  @FlagField() blocked?: boolean | null;

  @IsOptional()
  @IsIn([0], { message: 'spend must be 0: what a key has spent is counted, never set' })
  spend?: number | null;
}
