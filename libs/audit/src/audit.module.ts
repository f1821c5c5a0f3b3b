import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { AuditLog } from './audit-log.js';
import { AuditReader } from './audit-reader.js';

/** The chained log of management actions, and `/audit`. */
@Module({
  controllers: [AuditController],
  providers: [AuditLog, AuditReader],
  exports: [AuditLog, AuditReader],
})
export class AuditModule {}
