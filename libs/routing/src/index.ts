export { type DiscoveredModel, ModelDiscovery } from './model-discovery.js';
export { RoutingModule } from './routing.module.js';
export { RoutingService } from './routing.service.js';
