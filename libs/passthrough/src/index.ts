export { PassthroughMiddleware } from './passthrough.middleware.js';
export { PassthroughModule } from './passthrough.module.js';
