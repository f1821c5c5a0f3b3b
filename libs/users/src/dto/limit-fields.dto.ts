import { BudgetField, DurationField, type JsonObject, ObjectField } from '@app/call';
import { buildMessage, ValidateBy, ValidateIf } from 'class-validator';

const MAX_INT4 = 2 ** 31 - 1;

/** A whole number from 0 up to `max`. */
export const CountField = (max = Number.MAX_SAFE_INTEGER): PropertyDecorator => {
  const rules = [
    ValidateIf((_, value) => value !== null && value !== undefined),
    ValidateBy(
      {
        name: 'count',
        validator: {
          validate: (value: unknown) =>
            Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max,
        },
      },
      { message: buildMessage((prefix) => `${prefix}$property must be a whole number from 0 to ${max}`) },
    ),
  ];
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
};

/** The limits that users, teams and budgets have in common; the names are those of the wire contract. */
export class LimitFieldsDto {
  @BudgetField() max_budget?: number | string | null;
  @BudgetField() soft_budget?: number | string | null;
  @DurationField() budget_duration?: string | null;
  @CountField() rpm_limit?: number | null;
  @CountField() tpm_limit?: number | null;
  @CountField(MAX_INT4) max_parallel_requests?: number | null;
  @ObjectField() model_max_budget?: JsonObject | null;
  @ObjectField() model_rpm_limit?: JsonObject | null;
  @ObjectField() model_tpm_limit?: JsonObject | null;
}
