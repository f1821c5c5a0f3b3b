import { belowVersion, PLAIN_PROVIDER, type Provider } from './provider.js';

/** Needs no key. The address is usually written without the version. */
export const OLLAMA: Provider = {
  ...PLAIN_PROVIDER,
  base: 'http://localhost:11434/v1',
  place: belowVersion('v1'),
};
