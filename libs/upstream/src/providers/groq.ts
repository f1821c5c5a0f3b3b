import { PLAIN_PROVIDER, type Provider } from './provider.js';

export const GROQ: Provider = { ...PLAIN_PROVIDER, base: 'https://api.groq.com/openai/v1' };
