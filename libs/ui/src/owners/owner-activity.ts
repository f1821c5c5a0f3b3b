import { Injectable, Logger } from '@nestjs/common';
import { UnavailableError } from '@app/call';
import { type SpendLogFilter, type SpendLogRow, SpendLogs, SpendReports, type SpendSum } from '@app/spend';
import { usageDays } from './usage-panel.view.js';

const RECENT_CALLS = 10;
const DAY_MS = 86_400_000;

/** Whose calls: exactly one of these. */
export type Owner = Pick<SpendLogFilter, 'keyHash' | 'userId' | 'teamId' | 'endUser'>;

export interface Activity {
  readonly days: readonly SpendSum<'day' | 'series'>[];
  readonly calls: readonly SpendLogRow[];
}

/** What a key, a user, a team or a customer did of late. */
@Injectable()
export class OwnerActivity {
  private readonly logger = new Logger('Pages');

  constructor(
    private readonly logs: SpendLogs,
    private readonly reports: SpendReports,
  ) {}

  /** The calls of thirty days by day and model, and the newest. What takes too long to read is left out. */
  async of(owner: Owner): Promise<Activity> {
    const [days, calls] = await Promise.all([
      this.unlessSlow(this.days(owner)),
      this.unlessSlow(this.calls(owner)),
    ]);
    return { days, calls };
  }

  private async calls(owner: Owner): Promise<readonly SpendLogRow[]> {
    // No index knows end users: their rows are looked for in the last days only.
    const recent = owner.endUser === undefined ? {} : { startDate: new Date(Date.now() - 7 * DAY_MS) };
    return (await this.logs.page({ ...owner, ...recent }, { limit: RECENT_CALLS })).rows;
  }

  private async days({ keyHash, userId, teamId, endUser }: Owner): Promise<Activity['days']> {
    const { from: startDay, to: endDay } = usageDays();
    if (endUser !== undefined) {
      const sums = await this.reports.byLabel('end_user', { startDay, endDay, labels: [endUser] }, true);
      return sums.map(({ names, ...sum }) => ({ ...sum, names: { day: names.day, series: 'All models' } }));
    }
    const filter = {
      startDay,
      endDay,
      ...(keyHash !== undefined && { keyHash }),
      ...(userId !== undefined && { userId }),
      ...(teamId !== undefined && { teamIds: [teamId] }),
    };
    const sums = await this.reports.by(['day', 'model'], filter);
    return sums.map(({ names, ...sum }) => ({ ...sum, names: { day: names.day, series: names.model } }));
  }

  private async unlessSlow<T>(work: Promise<readonly T[]>): Promise<readonly T[]> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      this.logger.warn('The calls of an owner took too long to read.');
      return [];
    }
  }
}
