export { PassthroughMiddleware } from './passthrough.middleware.js';
export { PassthroughModule } from './passthrough.module.js';
export { type UpgradeRequest } from './web-socket.js';
