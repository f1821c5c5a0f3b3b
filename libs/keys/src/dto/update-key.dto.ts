import { BudgetField, DurationField, durationFrom, TextField } from '@app/call';
import { buildMessage, ValidateBy, ValidateIf } from 'class-validator';
import { KeyFieldsDto } from './key-fields.dto.js';

/** A duration, or `-1` for a key that shall not expire any more. */
const LifetimeField = (): PropertyDecorator => (target, property) => {
  ValidateIf((_, value) => value !== null && value !== undefined)(target, property);
  ValidateBy(
    {
      name: 'lifetime',
      validator: {
        validate: (value) =>
          typeof value === 'string' && (value === '' || value === '-1' || durationFrom(value) !== null),
      },
    },
    {
      message: buildMessage(
        (prefix) =>
          `${prefix}$property must be a duration such as 30s, 15m, 12h, 30d, 2w or 1mo, or -1 for no end (Invalid duration format)`,
      ),
    },
  )(target, property);
};

/** Body of `POST /key/update`: only what is present is changed, null takes it away. */
export class UpdateKeyDto extends KeyFieldsDto {
  /** The key or its hash. */
  @TextField() key?: string | null;
  @LifetimeField() duration?: string | null;
}

/** Body of `POST /key/regenerate`; on `/key/{key}/regenerate` without `key`. */
export class RegenerateKeyDto extends UpdateKeyDto {
  /** The credential that shall be the new one. */
  @TextField() new_key?: string | null;
  /** How long the old credential goes on working; absent: not at all. */
  @DurationField() grace_period?: string | null;
}

/** Body of `POST /key/block` and `/key/unblock`. */
export class NameKeyDto {
  @TextField() key?: string | null;
}

/** Body of `POST /key/{key}/reset_spend`. */
export class ResetSpendDto {
  /** USD, at most what has been spent. */
  @BudgetField() reset_to?: number | string | null;
}
