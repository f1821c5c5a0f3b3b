import { PLAIN_PROVIDER, type Provider } from './provider.js';

export const TOGETHER: Provider = { ...PLAIN_PROVIDER, base: 'https://api.together.xyz/v1' };
