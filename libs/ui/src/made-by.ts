import { MASTER_USER_ID } from '@app/users';
import { shownTime } from './shown-values.js';

/** Who works with the master key is nobody in particular. */
export const actorName = (userId: string): string => (userId === MASTER_USER_ID ? 'master key' : userId);

/** `30 Nov 2026 by ann`. @param at ISO 8601 */
export const madeBy = (at: string | Date, userId: string): string =>
  `${shownTime(new Date(at), 'day').text} by ${actorName(userId)}`;
