export { type DiscoveredModel } from './catalogue.js';
export { type DeploymentReport } from './deployment-reports.js';
export { type ModelGroup, type ModelTable } from './model-table.js';
export { ModelDiscovery } from './model-discovery.js';
export { RoutingModule } from './routing.module.js';
export { RoutingService } from './routing.service.js';
