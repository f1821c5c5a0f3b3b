import { Module } from '@nestjs/common';
import { AuditModule } from '@app/audit';
import { KeysModule } from '@app/keys';
import { SpendModule } from '@app/spend';
import { AssetsController } from './assets.controller.js';
import { AttemptReader } from './attempt-reader.js';
import { AuditPageController } from './audit-page.controller.js';
import { KeyActionsController } from './key-actions.controller.js';
import { KeyListReader } from './key-list-reader.js';
import { KeyNames } from './key-names.js';
import { KeysPageController } from './keys-page.controller.js';
import { LiveController } from './live.controller.js';
import { LiveFeed } from './live-feed.js';
import { LoadedModels } from './loaded-models.js';
import { LoginController } from './login.controller.js';
import { LogsPageController } from './logs-page.controller.js';
import { MissingPageController } from './missing-page.controller.js';
import { ModelsPageController } from './models-page.controller.js';
import { ModelStates } from './model-states.js';
import { NearBudgetReader } from './near-budget-reader.js';
import { OverviewController } from './overview.controller.js';
import { OverviewTrafficReader } from './overview-traffic.js';
import { PageErrorFilter } from './page-error.filter.js';
import { PageWriter } from './page-writer.js';
import { PlaygroundController } from './playground.controller.js';
import { SessionGuard } from './session.guard.js';
import { SessionStore } from './session-store.js';
import { SettingsController } from './settings.controller.js';
import { UsageController } from './usage.controller.js';
import { UsageReader } from './usage-reader.js';
import { Views } from './views.js';

/** The pages below `/ui`, over the same services as the API. */
@Module({
  imports: [AuditModule, KeysModule, SpendModule],
  controllers: [
    AssetsController,
    LoginController,
    OverviewController,
    LiveController,
    LogsPageController,
    UsageController,
    PlaygroundController,
    KeysPageController,
    KeyActionsController,
    ModelsPageController,
    AuditPageController,
    SettingsController,
    // The last: it answers for every page that the others do not have.
    MissingPageController,
  ],
  providers: [
    AttemptReader,
    KeyListReader,
    KeyNames,
    LiveFeed,
    LoadedModels,
    ModelStates,
    NearBudgetReader,
    OverviewTrafficReader,
    PageErrorFilter,
    PageWriter,
    SessionGuard,
    SessionStore,
    UsageReader,
    { provide: Views, useFactory: () => Views.load() },
  ],
})
export class UiModule {}
