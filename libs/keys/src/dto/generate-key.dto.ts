import { DurationField, TextField } from '@app/call';
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
