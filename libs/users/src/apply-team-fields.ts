import { BadRequestError } from '@app/call';
import { applyLimits, lengthOf, usdOf } from './apply-limits.js';
import { type TeamFieldsDto } from './dto/team.dto.js';
import { type TeamEntity } from './team.entity.js';

/** Writes those fields of a team that are present. @throws BadRequestError */
export function applyTeamFields(team: TeamEntity, fields: TeamFieldsDto, now: Date): void {
  const { team_alias, organization_id, models, model_aliases, metadata, tags, blocked } = fields;
  if (team_alias !== undefined) team.teamAlias = team_alias || null;
  if (organization_id !== undefined) team.organizationId = organization_id || null;
  if (models !== undefined) team.models = models ?? [];
  if (model_aliases !== undefined) team.modelAliases = model_aliases ?? {};
  if (metadata !== undefined) team.metadata = metadata ?? {};
  if (tags) team.metadata = { ...team.metadata, tags };
  if (blocked !== undefined) team.blocked = blocked ?? false;
  if (fields.team_member_permissions !== undefined)
    team.memberPermissions = fields.team_member_permissions ?? [];
  applyLimits(team.limits, fields, now);
  applyMemberLimits(team, fields);
  refuseSoftAboveHard(team);
}

function applyMemberLimits(team: TeamEntity, fields: TeamFieldsDto): void {
  if (fields.team_member_budget !== undefined) team.memberBudgetUsd = usdOf(fields.team_member_budget);
  if (fields.team_member_budget_duration !== undefined) {
    team.memberBudgetDuration = lengthOf(fields.team_member_budget_duration, 'team_member_budget_duration');
  }
  if (fields.team_member_rpm_limit !== undefined) team.memberRpmLimit = fields.team_member_rpm_limit;
  if (fields.team_member_tpm_limit !== undefined) team.memberTpmLimit = fields.team_member_tpm_limit;
  if (fields.team_member_key_duration !== undefined) {
    team.memberKeyDuration = lengthOf(fields.team_member_key_duration, 'team_member_key_duration');
  }
}

function refuseSoftAboveHard({ limits: { softBudgetUsd, maxBudgetUsd } }: TeamEntity): void {
  if (softBudgetUsd === null || maxBudgetUsd === null || Number(softBudgetUsd) < Number(maxBudgetUsd)) return;
  throw new BadRequestError('soft_budget must be lower than max_budget.', 'soft_budget');
}
