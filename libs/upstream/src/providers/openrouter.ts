import { PLAIN_PROVIDER, type Provider } from './provider.js';

export const OPENROUTER: Provider = { ...PLAIN_PROVIDER, base: 'https://openrouter.ai/api/v1' };
