import { BadRequestError, DurationField, TextField } from '@app/call';
import { IsIn, IsOptional } from 'class-validator';
import { KeyFieldsDto } from './key-fields.dto.js';

/** Body of `POST /key/generate`; everything may be left out. */
export class GenerateKeyDto extends KeyFieldsDto {
  @TextField() key?: string | null;
  @DurationField() duration?: string | null;

  @IsOptional()
  @IsIn([0], { message: 'spend must be 0: what a key has spent is counted, never set' })
  spend?: number | null;
}

/** The key of a program: a team's, no user's. @throws BadRequestError */
export function asServiceAccount(dto: GenerateKeyDto): GenerateKeyDto {
  if (!dto.team_id)
    throw new BadRequestError('Name the team of the service account in `team_id`.', 'team_id');
  if (dto.user_id)
    throw new BadRequestError('A service account has no user: leave `user_id` out.', 'user_id');
  const id = dto.metadata?.['service_account_id'] ?? (dto.key_alias || crypto.randomUUID());
  return Object.assign(dto, { user_id: null, metadata: { ...dto.metadata, service_account_id: id } });
}
