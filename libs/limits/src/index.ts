export { LimitsModule } from './limits.module.js';
export { LimitsService, type Permit } from './limits.service.js';
