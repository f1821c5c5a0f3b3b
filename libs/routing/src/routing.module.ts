import { Global, Module } from '@nestjs/common';
import { ModelDiscovery } from './model-discovery.js';
import { ModelList } from './model-list.js';
import { ModelsController } from './models.controller.js';
import { RoutingService } from './routing.service.js';

@Global()
@Module({
  controllers: [ModelsController],
  providers: [RoutingService, ModelDiscovery, ModelList],
  exports: [RoutingService, ModelDiscovery],
})
export class RoutingModule {}
