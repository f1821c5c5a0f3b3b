export { SearchModule } from './search.module.js';
export { SearchLoop } from './search-loop.service.js';
export { type OfferedTools } from './web-search-tools.js';
