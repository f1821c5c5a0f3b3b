import { type Caller } from '@app/call';

/** How `created_by` and `updated_by` name a caller. */
export const actingUser = ({ userId, keyHash }: Caller): string => userId ?? keyHash;
