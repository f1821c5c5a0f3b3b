import { Get } from '@nestjs/common';
import { Access, BadRequestError } from '@app/call';
import { type ReportFilter, SpendReports } from '@app/spend';
import { ownRows } from './logs-page.controller.js';
import { OpenTo } from './page-access.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { periodBefore, readUsageQuery } from './read-usage-query.js';
import { usageCsv } from './usage-csv.js';
import { KeyNames } from './key-names.js';
import { usageView } from './usage.view.js';
import { type Visit } from './visitor.js';

/** What was used and spent, by day and by what one asks for. */
@Pages()
export class UsageController {
  constructor(
    private readonly reports: SpendReports,
    private readonly names: KeyNames,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/usage')
  @Access('public')
  @OpenTo('holder')
  async show(@CurrentVisit() visit: Visit): Promise<void> {
    const query = readUsageQuery(visit.query, visit.visitor.isAdmin);
    const own = ownRows(visit.visitor);
    const filter: ReportFilter = { ...own, startDay: query.from, endDay: query.to };
    const [days, groups, [before]] = await Promise.all([
      this.reports.by(['day', query.by], filter),
      this.reports.by([query.by], filter),
      this.reports.by([], { ...own, ...periodBefore(query) }),
    ]);
    const named = query.by === 'key' ? await this.names.of(groups.map(({ names }) => names[query.by])) : null;
    const view = usageView({
      query,
      days,
      groups,
      before: before ?? null,
      nameOf: (text) => named?.get(text) ?? text,
    });
    this.writer.send(visit, 'usage', { title: 'Usage', section: 'usage', ...view });
  }

  @Get('ui/usage.csv')
  @Access('public')
  @OpenTo('holder')
  async csv(@CurrentVisit() { res, query: given, visitor }: Visit): Promise<void> {
    const query = readUsageQuery(given, visitor.isAdmin);
    const filter: ReportFilter = { ...ownRows(visitor), startDay: query.from, endDay: query.to };
    const rows = await this.reports.by(['day', query.by], filter);
    if (rows.length > 50_000) throw new BadRequestError('The table is too long. Choose a shorter period.');
    const text = Buffer.from(usageCsv(rows, query.by));
    res.setHeader('content-type', 'text/csv; charset=utf-8');
    res.setHeader('content-disposition', `attachment; filename="usage-${query.from}-${query.to}.csv"`);
    res.setHeader('content-length', text.length);
    res.end(text);
  }
}
