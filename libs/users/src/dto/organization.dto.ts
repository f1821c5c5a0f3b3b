import { type JsonObject, type JsonValue, ObjectField, TextField, TextListField } from '@app/call';
import { IsDefined } from 'class-validator';
import { LimitFieldsDto } from './limit-fields.dto.js';

/** Body of `POST /organization/new` and `PATCH /organization/update`. */
export class OrganizationDto extends LimitFieldsDto {
  static readonly unsupported: readonly string[] = ['object_permission'];

  @TextField() organization_id?: string | null;
  @TextField() organization_alias?: string | null;
  @TextField() budget_id?: string | null;
  @TextListField() models?: string[] | null;
  @ObjectField() metadata?: JsonObject | null;
}

/** Body of `DELETE /organization/delete`. */
export class OrganizationIdsDto {
  @TextListField() organization_ids?: string[] | null;
}

/** Body of `POST /organization/member_add`: one member or a list of them. */
export class AddOrganizationMembersDto {
  static readonly unsupported: readonly string[] = ['max_budget_in_organization'];

  @TextField() organization_id?: string | null;
  @IsDefined({ message: 'member must be an object or a list of objects' }) member?: JsonValue;
}

/** Body of `DELETE /organization/member_delete`. */
export class OrganizationMemberDto {
  static readonly unsupported: readonly string[] = ['max_budget_in_organization'];

  @TextField() organization_id?: string | null;
  @TextField() user_id?: string | null;
  @TextField() user_email?: string | null;
}

/** Body of `PATCH /organization/member_update`. */
export class UpdateOrganizationMemberDto extends OrganizationMemberDto {
  @TextField() role?: string | null;
}
