export { type Actor, CurrentActor } from './actor.js';
export { type AuditEntry, AuditLog } from './audit-log.js';
export { AuditModule } from './audit.module.js';
export { type AuditFilter, AuditReader, type AuditView } from './audit-reader.js';
export { type ChainReport } from './chain-check.js';
