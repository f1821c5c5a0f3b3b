/** What a key depends on. */
export interface Belonging {
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly organizationId: string | null;
  readonly budgetId?: string | null;
}

/** Whether one of the scopes that changed binds a key that belongs so. */
export function isTouchedBy(scopes: ReadonlySet<string>, of: Belonging): boolean {
  const { userId, teamId, organizationId, budgetId = null } = of;
  if (userId !== null && scopes.has(`user:${userId}`)) return true;
  if (teamId !== null && scopes.has(`team:${teamId}`)) return true;
  if (organizationId !== null && scopes.has(`organization:${organizationId}`)) return true;
  if (budgetId !== null && scopes.has(`budget:${budgetId}`)) return true;
  return teamId !== null && userId !== null && scopes.has(`team_member:${teamId}:${userId}`);
}
