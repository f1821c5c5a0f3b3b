import { PLAIN_PROVIDER, type Provider } from './provider.js';

export const DEEPSEEK: Provider = { ...PLAIN_PROVIDER, base: 'https://api.deepseek.com/v1' };
