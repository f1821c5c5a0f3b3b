import { Get } from '@nestjs/common';
import { AuditReader } from '@app/audit';
import { Access } from '@app/call';
import { auditView, readAuditQuery } from './audit-page.view.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { type Visit } from './visitor.js';

const PAGE_ROWS = 50;

/** Who changed what. */
@Pages()
export class AuditPageController {
  constructor(
    private readonly audit: AuditReader,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/audit')
  @Access('public')
  async show(@CurrentVisit() visit: Visit): Promise<void> {
    const query = readAuditQuery(visit.query);
    const entries = await this.audit.find({
      limit: PAGE_ROWS + 1,
      ...(query.entity && { entity: query.entity }),
      ...(query.id && { entityId: query.id }),
      ...(query.before !== null && { beforeId: query.before }),
    });
    const hasMore = entries.length > PAGE_ROWS;
    const view = auditView(query, entries.slice(0, PAGE_ROWS), hasMore);
    this.writer.send(visit, 'audit', { title: 'Audit', section: 'audit', ...view });
  }
}
