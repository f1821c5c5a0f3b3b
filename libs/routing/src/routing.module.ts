import { Global, Module } from '@nestjs/common';
import { ConfigStore } from '@app/config';
import { ModelLabels } from '@app/observability';
import { UpstreamClient } from '@app/upstream';
import { DISCOVERY_INTERVAL_MS, ModelDiscovery } from './model-discovery.js';
import { ModelLists } from './model-lists.js';
import { ModelsController } from './models.controller.js';
import { RoutingService } from './routing.service.js';

@Global()
@Module({
  controllers: [ModelsController],
  providers: [
    ModelLists,
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
  exports: [RoutingService, ModelDiscovery],
})
export class RoutingModule {}
