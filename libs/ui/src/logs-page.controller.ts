import { Get, Param } from '@nestjs/common';
import { Access, NotFoundError } from '@app/call';
import { RoutingService } from '@app/routing';
import { type SpendLogFilter, SpendLogs } from '@app/spend';
import { deploymentsIn } from './deployments-in.js';
import { logView } from './log-page.view.js';
import { ERROR_DAYS, logsView } from './logs-page.view.js';
import { OpenTo } from './page-access.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { type LogQuery, readLogQuery } from './read-log-query.js';
import { type Visit, type Visitor } from './visitor.js';

const PAGE_ROWS = 50;

/** The calls as they were, and each by itself. */
@Pages()
export class LogsPageController {
  constructor(
    private readonly logs: SpendLogs,
    private readonly routing: RoutingService,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/logs')
  @Access('public')
  @OpenTo('holder')
  async list(@CurrentVisit() visit: Visit): Promise<void> {
    const query = readLogQuery(visit.query);
    const { rows, next } = await this.logs.page(filterOf(query, visit.visitor), {
      limit: PAGE_ROWS,
      ...(query.after !== null && { cursor: query.after }),
    });
    const view = logsView(query, rows, next);
    this.writer.send(visit, 'logs', { title: 'Logs', section: 'logs', ...view });
  }

  @Get('ui/logs/:id')
  @Access('public')
  @OpenTo('holder')
  async show(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<void> {
    const filter = { ...ownRows(visit.visitor), requestId: id.slice(0, 200) };
    const [row] = await this.logs.find({ ...filter, limit: 1 });
    if (!row) throw new NotFoundError('There is no such call, or it is not yours.');
    const all = deploymentsIn(this.routing.table);
    const view = logView({
      row,
      price: all.find(({ price }) => price.version === row.metadata['price_version'])?.price ?? null,
      deployments: new Map(all.map((deployment) => [deployment.id, deployment])),
      isAdmin: visit.visitor.isAdmin,
    });
    this.writer.send(visit, 'log', { title: 'One call', section: 'logs', ...view });
  }
}

/** Who is no administrator sees the calls of his user, or of his key where it stands for nobody. */
export function ownRows({ isAdmin, caller }: Visitor): Pick<SpendLogFilter, 'keyHash' | 'userId'> {
  if (isAdmin) return {};
  return caller.userId === null ? { keyHash: caller.keyHash } : { userId: caller.userId };
}

const DAY_MS = 86_400_000;
const HASH = /^[0-9a-f]{64}$/;

/** The rows that somebody asks for, and may see. */
export function filterOf(query: LogQuery, visitor: Visitor): SpendLogFilter {
  const { id, model, key, user, error, result } = query;
  const shared: SpendLogFilter = {
    ...(id && { requestId: id }),
    ...(model && { model }),
    ...(error && { errorMessage: error, startDate: new Date(Date.now() - ERROR_DAYS * DAY_MS) }),
    ...(result && { status: result }),
  };
  if (!visitor.isAdmin) return { ...shared, ...ownRows(visitor) };
  const byKey = key && (HASH.test(key) ? { keyHash: key } : { keyAlias: key });
  return { ...shared, ...byKey, ...(user && { userId: user }) };
}
