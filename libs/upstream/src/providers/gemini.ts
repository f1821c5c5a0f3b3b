import { PLAIN_PROVIDER, type Provider } from './provider.js';

export const GEMINI: Provider = {
  ...PLAIN_PROVIDER,
  base: 'https://generativelanguage.googleapis.com/v1beta/openai',
};
