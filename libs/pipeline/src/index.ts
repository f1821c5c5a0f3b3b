export { endUserOf } from './end-user.js';
export { PipelineModule } from './pipeline.module.js';
export { PipelineService } from './pipeline.service.js';
