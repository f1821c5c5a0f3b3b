/** The last one is what a member gets who is given none. */
export const TEAM_ROLES = ['admin', 'user'] as const;
