/** Key routes that a team may open to its plain members. */
export const TEAM_PERMISSIONS = [
  '/key/generate',
  '/key/update',
  '/key/delete',
  '/key/info',
  '/key/regenerate',
  '/key/list',
  '/key/block',
  '/key/unblock',
  '/key/health',
] as const;
