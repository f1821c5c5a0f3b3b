import { Get, Inject } from '@nestjs/common';
import { NearBudgetReader } from '@app/admin';
import { Access } from '@app/call';
import { Ledger, SpendLogs } from '@app/spend';
import { LoadedModels } from './loaded-models.js';
import { modelProblems, ModelStates } from './model-states.js';
import { budgetProblem, journalProblems, type Problem } from './problems.view.js';
import { overviewView } from './overview.view.js';
import { OverviewTrafficReader } from './overview-traffic.js';
import { OpenTo } from './page-access.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { paths } from './paths.js';
import { readOverviewQuery } from './read-overview-query.js';
import { type Visit } from './visitor.js';

const RECENT_CALLS = 8;

/** The first page: what needs somebody, and how it goes. */
@Pages()
export class OverviewController {
  @Inject(SpendLogs)
  private readonly logs!: SpendLogs;

  @Inject(Ledger)
  private readonly ledger!: Ledger;

  @Inject(ModelStates)
  private readonly models!: ModelStates;

  @Inject(NearBudgetReader)
  private readonly budgets!: NearBudgetReader;

  constructor(
    private readonly traffic: OverviewTrafficReader,
    private readonly loaded: LoadedModels,
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
    const query = readOverviewQuery(visit.query);
    const [traffic, page, problems] = await Promise.all([
      this.traffic.read(query, new Date()),
      this.logs.page({}, { limit: RECENT_CALLS }),
      this.problems(),
    ]);
    const backends = this.loaded.all();
    const view = overviewView({ query, traffic, backends, calls: page.rows, problems });
    this.writer.send(visit, 'overview', { title: 'Overview', section: 'overview', ...view });
  }

  /** What needs somebody most stands first. */
  private async problems(): Promise<Problem[]> {
    const near = await this.budgets.keys();
    const all = [
      ...modelProblems(this.models.all()),
      ...journalProblems(this.ledger.stats()),
      ...near.map(budgetProblem),
    ];
    return [...all.filter(({ tone }) => tone === 'bad'), ...all.filter(({ tone }) => tone === 'warn')];
  }
}
