import { type UpdateUserDto } from '@app/users';

/** Null, `""`, `[]` and `{}` are ignored where users are changed. */
export function withoutEmpty(dto: UpdateUserDto): UpdateUserDto {
  const filled = Object.entries(dto).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(filled);
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
