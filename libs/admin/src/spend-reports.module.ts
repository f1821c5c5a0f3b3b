import { Module } from '@nestjs/common';
import { SpendModule } from '@app/spend';
import { UsersModule } from '@app/users';
import { ActivityController } from './activity.controller.js';
import { ActivityReports } from './activity-reports.js';
import { GlobalActivityController } from './global-activity.controller.js';
import { GlobalReportController } from './global-report.controller.js';
import { GlobalSpendController } from './global-spend.controller.js';
import { SpendCostsController } from './spend-costs.controller.js';
import { SpendLists } from './spend-lists.js';
import { SpendListsController } from './spend-lists.controller.js';
import { SpendLogsController } from './spend-logs.controller.js';
import { SpendNames } from './spend-names.js';
import { SpendPagesController } from './spend-pages.controller.js';
import { SpendReconcileController } from './spend-reconcile.controller.js';

/** Everything that tells what was spent. */
@Module({
  imports: [SpendModule, UsersModule],
  controllers: [
    SpendPagesController,
    SpendLogsController,
    SpendListsController,
    SpendCostsController,
    SpendReconcileController,
    GlobalReportController,
    GlobalSpendController,
    GlobalActivityController,
    ActivityController,
  ],
  providers: [ActivityReports, SpendLists, SpendNames],
  exports: [SpendNames],
})
export class SpendReportsModule {}
