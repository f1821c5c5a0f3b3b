import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '@app/audit';
import { ConfigStore } from '@app/config';
import { ModelLabels } from '@app/observability';
import { UpstreamClient } from '@app/upstream';
import { DISCOVERY_INTERVAL_MS, ModelDiscovery } from './model-discovery.js';
import { LoadStates } from './load-states.js';
import { ManageModelsController } from './manage-models.controller.js';
import { ModelInfoController } from './model-info.controller.js';
import { ModelInfos } from './model-infos.js';
import { ModelLists } from './model-lists.js';
import { ModelEntity } from './model.entity.js';
import { ModelsController } from './models.controller.js';
import { ModelsService } from './models.service.js';
import { RoutingService } from './routing.service.js';
import { StoredModels } from './stored-models.js';

/** Which deployments serve a model, what is known of them, and the models of the database. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([ModelEntity]), AuditModule],
  // The list of one model takes every path below it: the others go first.
  controllers: [ManageModelsController, ModelInfoController, ModelsController],
  providers: [
    LoadStates,
    ModelInfos,
    ModelLists,
    ModelsService,
    StoredModels,
    {
      provide: RoutingService,
      inject: [ConfigStore, ModelLabels],
      useFactory: (config: ConfigStore, labels: ModelLabels): RoutingService =>
        new RoutingService(config, labels, Math.random),
    },
    {
      provide: ModelDiscovery,
      inject: [RoutingService, UpstreamClient, ConfigStore],
      useFactory: (routing: RoutingService, upstream: UpstreamClient, config: ConfigStore): ModelDiscovery =>
        new ModelDiscovery(routing, upstream, config, DISCOVERY_INTERVAL_MS),
    },
  ],
  exports: [LoadStates, RoutingService, ModelDiscovery, ModelInfos, ModelsService],
})
export class RoutingModule {}
