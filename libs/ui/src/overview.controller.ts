import { Get, Inject } from '@nestjs/common';
import { Access } from '@app/call';
import { Ledger, SpendLogs } from '@app/spend';
import { modelProblems, ModelStates } from './model-states.js';
import { overviewView, problemsOf } from './overview.view.js';
import { OpenTo } from './page-access.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { paths } from './paths.js';
import { TrafficReader } from './traffic-reader.js';
import { type Visit } from './visitor.js';

const DAY_MS = 86_400_000;
const RECENT_CALLS = 8;

/** The first page: what needs somebody, and how the day went. */
@Pages()
export class OverviewController {
  @Inject(SpendLogs)
  private readonly logs!: SpendLogs;

  constructor(
    private readonly traffic: TrafficReader,
    private readonly ledger: Ledger,
    private readonly models: ModelStates,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui')
  @Access('public')
  @OpenTo('holder')
  async show(@CurrentVisit() visit: Visit): Promise<void> {
    if (!visit.visitor.isAdmin) {
      this.writer.redirect(visit.res, paths.usage);
      return;
    }
    const now = new Date();
    const [from, before] = [new Date(now.getTime() - DAY_MS), new Date(now.getTime() - 2 * DAY_MS)];
    const [current, previous, hours, page, near] = await Promise.all([
      this.traffic.sum(from, now),
      this.traffic.sum(before, from),
      this.traffic.hours(from, now),
      this.logs.page({}, { limit: RECENT_CALLS }),
      this.traffic.nearBudget(),
    ]);
    const view = overviewView({
      now,
      current,
      before: previous,
      hours,
      calls: page.rows,
      problems: [...modelProblems(this.models.all()), ...problemsOf(near, this.ledger.stats())],
    });
    this.writer.send(visit, 'overview', { title: 'Overview', section: 'overview', ...view });
  }
}
