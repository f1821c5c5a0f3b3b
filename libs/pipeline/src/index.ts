export { endUserOf } from './end-user.js';
export { GATEWAY_VERSION } from './gateway-version.js';
export { PipelineModule } from './pipeline.module.js';
export { PipelineService } from './pipeline.service.js';
