import { QueryFailedError } from 'typeorm';

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

const stateOf = (error: unknown): string | undefined =>
  error instanceof QueryFailedError ? (error.driverError as { code?: string }).code : undefined;

/** A unique column has the value already. */
export const isDuplicate = (error: unknown): boolean => stateOf(error) === UNIQUE_VIOLATION;

/** What is named does not exist, or what goes is still named. */
export const isStillNamed = (error: unknown): boolean => stateOf(error) === FOREIGN_KEY_VIOLATION;
