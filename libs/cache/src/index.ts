export { AnswerCache } from './answer-cache.js';
export { type AnswerPlace } from './answer-place.js';
export { CacheModule } from './cache.module.js';
export { type KeptAnswer } from './kept-answer.js';
