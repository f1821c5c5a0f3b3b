import { Injectable } from '@nestjs/common';
import { SpendReports, type SpendSum } from '@app/spend';
import { usageDays } from '../owners/usage-panel.view.js';

/** What was asked of models of late. */
@Injectable()
export class ModelTraffic {
  constructor(private readonly reports: SpendReports) {}

  /** The calls of thirty days for one name, by day and what was asked upstream. @throws UnavailableError */
  async of(name: string): Promise<SpendSum<'day' | 'series'>[]> {
    const { from: startDay, to: endDay } = usageDays();
    const sums = await this.reports.by(['day', 'modelGroup', 'model'], { startDay, endDay });
    return sums
      .filter(({ names }) => names.modelGroup === name)
      .map(({ names, ...sum }) => ({ ...sum, names: { day: names.day, series: names.model } }));
  }
}
