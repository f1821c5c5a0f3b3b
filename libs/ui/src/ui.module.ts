import { Module } from '@nestjs/common';
import { AdminModule } from '@app/admin';
import { AuditModule } from '@app/audit';
import { KeysModule } from '@app/keys';
import { LimitsModule } from '@app/limits';
import { SearchModule } from '@app/search';
import { SpendModule } from '@app/spend';
import { UsersModule } from '@app/users';
import { AssetsController } from './assets.controller.js';
import { AuditPageController } from './audit-page.controller.js';
import { BudgetsPageController } from './budgets/budgets-page.controller.js';
import { CustomersPageController } from './customers/customers-page.controller.js';
import { DocsPageController } from './docs-page.controller.js';
import { KeyActionsController } from './key-actions.controller.js';
import { KeyNames } from './key-names.js';
import { KeysPageController } from './keys-page.controller.js';
import { LiveController } from './live.controller.js';
import { LiveFeed } from './live-feed.js';
import { LoadedModels } from './loaded-models.js';
import { LoginController } from './login.controller.js';
import { LogsPageController } from './logs-page.controller.js';
import { MissingPageController } from './missing-page.controller.js';
import { ModelActionsController } from './models/model-actions.controller.js';
import { ModelPageController } from './models/model-page.controller.js';
import { ModelTester } from './models/model-tester.js';
import { ModelTraffic } from './models/model-traffic.js';
import { ModelNames } from './model-names.js';
import { ModelsPageController } from './models-page.controller.js';
import { ModelStates } from './model-states.js';
import { OwnerActivity } from './owners/owner-activity.js';
import { OverviewController } from './overview.controller.js';
import { OverviewTrafficReader } from './overview-traffic.js';
import { PageCalls } from './page-calls.js';
import { PageErrorFilter } from './page-error.filter.js';
import { PageWriter } from './page-writer.js';
import { PlaygroundController } from './playground.controller.js';
import { PlaygroundAudioController } from './playground-audio.controller.js';
import { PlaygroundPage } from './playground-page.js';
import { PlaygroundDoorsController } from './playground-doors.controller.js';
import { SessionGuard } from './session.guard.js';
import { SettingsController } from './settings.controller.js';
import { StylePageController } from './style-page.controller.js';
import { UsageController } from './usage.controller.js';
import { UsageReader } from './usage-reader.js';
import { TeamMembersPageController } from './teams/team-members.controller.js';
import { TeamsPageController } from './teams/teams-page.controller.js';
import { UsersPageController } from './users/users-page.controller.js';
import { Views } from './views.js';

/** The pages below `/ui`, over the same services as the API. */
@Module({
  imports: [AdminModule, AuditModule, KeysModule, LimitsModule, SearchModule, SpendModule, UsersModule],
  controllers: [
    AssetsController,
    LoginController,
    OverviewController,
    LiveController,
    LogsPageController,
    UsageController,
    PlaygroundController,
    PlaygroundAudioController,
    PlaygroundDoorsController,
    KeysPageController,
    KeyActionsController,
    UsersPageController,
    TeamsPageController,
    TeamMembersPageController,
    CustomersPageController,
    BudgetsPageController,
    ModelsPageController,
    ModelPageController,
    ModelActionsController,
    AuditPageController,
    SettingsController,
    DocsPageController,
    StylePageController,
    // The last: it answers for every page that the others do not have.
    MissingPageController,
  ],
  providers: [
    KeyNames,
    LiveFeed,
    LoadedModels,
    ModelStates,
    ModelTester,
    ModelTraffic,
    OverviewTrafficReader,
    ModelNames,
    OwnerActivity,
    PageCalls,
    PageErrorFilter,
    PageWriter,
    PlaygroundPage,
    SessionGuard,
    UsageReader,
    { provide: Views, useFactory: () => Views.load() },
  ],
})
export class UiModule {}
