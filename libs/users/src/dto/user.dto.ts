import {
  ChoiceField,
  DurationField,
  FlagField,
  type JsonObject,
  type JsonValue,
  ObjectField,
  type Role,
  TextField,
  TextListField,
  TextMapField,
} from '@app/call';
import { IsIn, IsOptional, IsArray, ArrayMaxSize } from 'class-validator';
import { LimitFieldsDto } from './limit-fields.dto.js';

const ROLES = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'] as const;
const MAX_TEAMS = 1000;

/** Fields of the wire contract that have no effect here, so they may not pass silently. */
const UNSUPPORTED = [
  'config',
  'permissions',
  'allowed_cache_controls',
  'guardrails',
  'policies',
  'prompts',
  'object_permission',
  'send_invite_email',
  'password',
  'budget_id',
  'agent_id',
  'project_id',
  'organization_id',
  'router_settings',
  'access_group_ids',
];

/** What may be said of a user. */
export class UserFieldsDto extends LimitFieldsDto {
  static readonly unsupported: readonly string[] = UNSUPPORTED;

  @TextField() user_email?: string | null;
  @TextField() user_alias?: string | null;
  @TextField() sso_user_id?: string | null;
  @ChoiceField(...ROLES) user_role?: Role | null;
  @TextListField() models?: string[] | null;
  @ObjectField() metadata?: JsonObject | null;
  @TextListField() tags?: string[] | null;
  @FlagField() blocked?: boolean | null;

  @IsOptional()
  @IsIn([0], { message: 'spend must be 0: what a user has spent is counted, never set' })
  spend?: number | null;
}

/** Body of `POST /user/new`: the user, and the key that is made along. */
export class NewUserDto extends UserFieldsDto {
  @TextField() user_id?: string | null;
  @TextField() team_id?: string | null;
  /** Ids, or `{team_id, max_budget_in_team?, user_role?}`. */
  @IsOptional() @IsArray() @ArrayMaxSize(MAX_TEAMS) teams?: JsonValue[] | null;
  @TextListField() organizations?: string[] | null;
  @FlagField() auto_create_key?: boolean | null;
  @TextField() key_alias?: string | null;
  @DurationField() duration?: string | null;
  @TextMapField() aliases?: Record<string, string> | null;
  @TextListField() allowed_routes?: string[] | null;
  @ChoiceField('default', 'llm_api', 'management', 'read_only') key_type?: string | null;
}

/** Body of `POST /user/update`: the user by id or e-mail address, and what changes. */
export class UpdateUserDto extends UserFieldsDto {
  @TextField() user_id?: string | null;
}

/** Body of `POST /user/delete`. */
export class DeleteUsersDto {
  @TextListField() user_ids?: string[] | null;
}
