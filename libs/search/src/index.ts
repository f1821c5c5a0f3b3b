export { SearchModule } from './search.module.js';
export { SearchLoop, type SearchSide } from './search-loop.service.js';
