/** What readiness is decided on; nothing of it is asked over the network. */
export interface Condition {
  readonly draining: boolean;
  /** Configuration and models are loaded, the tables of the database have been seen once. */
  readonly booted: boolean;
  readonly databaseReachable: boolean;
  /** Where rows go: to the journal, straight to PostgreSQL, or nowhere. */
  readonly accounting: 'journal' | 'direct' | 'unavailable';
}

export interface Readiness {
  readonly ready: boolean;
  /** Why not, or what is worse than it should be; empty when all is well. */
  readonly reasons: readonly string[];
}

/**
 * Ready means: can serve traffic now. A database that went away after the boot does not take a replica out of
 * rotation, since known keys go on; nothing to record calls with does.
 */
export function judgeReadiness({ draining, booted, databaseReachable, accounting }: Condition): Readiness {
  const blocking: string[] = [];
  if (draining) blocking.push('The gateway is shutting down.');
  if (!booted) blocking.push('The database has not been reached since the start.');
  if (accounting === 'unavailable')
    blocking.push('Calls cannot be recorded: neither journal nor database is writable.');
  const reasons = [...blocking];
  if (booted && !databaseReachable) reasons.push('The database is away; keys in memory go on.');
  if (accounting === 'direct')
    reasons.push('The journal is not in use; calls are recorded in the database directly.');
  return { ready: blocking.length === 0, reasons };
}
