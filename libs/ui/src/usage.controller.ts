import { Get } from '@nestjs/common';
import { Access, BadRequestError } from '@app/call';
import { ownRows } from './logs-page.controller.js';
import { OpenTo } from './page-access.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { readUsageQuery } from './read-usage-query.js';
import { usageCsv } from './usage-csv.js';
import { UsageReader } from './usage-reader.js';
import { usageView } from './usage.view.js';
import { type Visit } from './visitor.js';

const MAX_LINES = 50_000;

/** What was used and spent, by day and by what one asks for. */
@Pages()
export class UsageController {
  constructor(
    private readonly usage: UsageReader,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/usage')
  @Access('public')
  @OpenTo('holder')
  async show(@CurrentVisit() visit: Visit): Promise<void> {
    const { isAdmin } = visit.visitor;
    const query = readUsageQuery(visit.query, isAdmin);
    const view = usageView(query, await this.usage.read(query, ownRows(visit.visitor)), isAdmin);
    this.writer.send(visit, 'usage', { title: 'Usage', section: 'usage', ...view });
  }

  @Get('ui/usage.csv')
  @Access('public')
  @OpenTo('holder')
  async csv(@CurrentVisit() { res, query: given, visitor }: Visit): Promise<void> {
    const query = readUsageQuery(given, visitor.isAdmin);
    const rows = await this.usage.days(query, ownRows(visitor));
    if (rows.length > MAX_LINES) throw new BadRequestError('The table is too long. Choose a shorter period.');
    const text = Buffer.from(usageCsv(rows, query.by));
    res.setHeader('content-type', 'text/csv; charset=utf-8');
    res.setHeader('content-disposition', `attachment; filename="usage-${query.from}-${query.to}.csv"`);
    res.setHeader('content-length', text.length);
    res.end(text);
  }
}
