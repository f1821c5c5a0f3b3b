import { PLAIN_PROVIDER, type Provider } from './provider.js';

export const OPENAI: Provider = { ...PLAIN_PROVIDER, base: 'https://api.openai.com/v1' };
