import { IsOptional, ValidateBy, ValidateIf } from 'class-validator';

const MAX_COUNT = 1_000_000_000;

const isCount = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MAX_COUNT;

/** A whole number from 0 to a billion. */
export const CountField = (): PropertyDecorator => (target, property) => {
  ValidateIf((_, value) => value !== null && value !== undefined)(target, property);
  ValidateBy(
    { name: 'count', validator: { validate: isCount } },
    { message: `$property must be a whole number from 0 to ${MAX_COUNT}` },
  )(target, property);
};

/** A field that the handler judges itself. */
export const AnyField = (): PropertyDecorator => IsOptional();
