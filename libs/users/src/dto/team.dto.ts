import {
  BudgetField,
  ChoiceField,
  DurationField,
  FlagField,
  type JsonObject,
  type JsonValue,
  ObjectField,
  TextField,
  TextListField,
  TextMapField,
} from '@app/call';
import { ArrayMaxSize, IsArray, IsDefined, IsIn, IsOptional } from 'class-validator';
import { CountField, LimitFieldsDto } from './limit-fields.dto.js';
import { type TeamRole } from '../team-member.entity.js';

const MAX_MEMBERS = 1000;

/** Fields of the wire contract that have no effect here, so they may not pass silently. */
const UNSUPPORTED = [
  'guardrails',
  'policies',
  'prompts',
  'object_permission',
  'router_settings',
  'access_group_ids',
  'allowed_passthrough_routes',
  'allowed_vector_store_indexes',
  'secret_manager_settings',
];

/** What may be said of a team. */
export class TeamFieldsDto extends LimitFieldsDto {
  static readonly unsupported: readonly string[] = UNSUPPORTED;

  @TextField() team_id?: string | null;
  @TextField() team_alias?: string | null;
  @TextField() organization_id?: string | null;
  @TextListField() models?: string[] | null;
  @TextMapField() model_aliases?: Record<string, string> | null;
  @ObjectField() metadata?: JsonObject | null;
  @TextListField() tags?: string[] | null;
  @FlagField() blocked?: boolean | null;
  @TextListField() team_member_permissions?: string[] | null;
  @BudgetField() team_member_budget?: number | string | null;
  @DurationField() team_member_budget_duration?: string | null;
  @CountField() team_member_rpm_limit?: number | null;
  @CountField() team_member_tpm_limit?: number | null;
  @DurationField() team_member_key_duration?: string | null;

  @IsOptional()
  @IsIn([0], { message: 'spend must be 0: what a team has spent is counted, never set' })
  spend?: number | null;
}

/** Body of `POST /team/new`. */
export class NewTeamDto extends TeamFieldsDto {
  @IsOptional() @IsArray() @ArrayMaxSize(MAX_MEMBERS) members_with_roles?: JsonValue[] | null;
  @TextListField() admins?: string[] | null;
  @TextListField() members?: string[] | null;
}

/** Body of `POST /team/update`. */
export class UpdateTeamDto extends TeamFieldsDto {}

/** Body of `POST /team/delete`. */
export class DeleteTeamsDto {
  @TextListField() team_ids?: string[] | null;
}

/** Body of `POST /team/block` and `/team/unblock`. */
export class TeamIdDto {
  @TextField() team_id?: string | null;
}

/** Body of `POST /team/model/add` and `/team/model/delete`. */
export class TeamModelsDto extends TeamIdDto {
  @TextListField() models?: string[] | null;
}

/** Body of `POST /team/permissions_update`. */
export class TeamPermissionsDto extends TeamIdDto {
  @TextListField() team_member_permissions?: string[] | null;
}

/** Body of `POST /team/member_add`: one member or a list of them. */
export class AddMembersDto extends TeamIdDto {
  @IsDefined({ message: 'member must be an object or a list of objects' }) member?: JsonValue;
  @BudgetField() max_budget_in_team?: number | string | null;
}

/** Body of `POST /team/member_delete`. */
export class DeleteMemberDto extends TeamIdDto {
  @TextField() user_id?: string | null;
  @TextField() user_email?: string | null;
}

/** Body of `POST /team/member_update`. */
export class UpdateMemberDto extends DeleteMemberDto {
  @ChoiceField('admin', 'user') role?: TeamRole | null;
  @BudgetField() max_budget_in_team?: number | string | null;
  @CountField() tpm_limit?: number | null;
  @CountField() rpm_limit?: number | null;
}
