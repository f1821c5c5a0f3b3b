import { belowVersion, PLAIN_PROVIDER, type Provider } from './provider.js';

/** The one provider whose chat has to be translated; its own protocol passes as it is. */
export const ANTHROPIC: Provider = {
  ...PLAIN_PROVIDER,
  base: 'https://api.anthropic.com/v1',
  keyHeader: 'x-api-key',
  protocol: 'anthropic',
  headers: { 'anthropic-version': '2023-06-01' },
  place: belowVersion('v1'),
};
