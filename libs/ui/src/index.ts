export { API_DESCRIPTION, type ApiDescription } from './api-description.js';
export { UiModule } from './ui.module.js';
