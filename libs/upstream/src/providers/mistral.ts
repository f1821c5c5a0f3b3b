import { PLAIN_PROVIDER, type Provider } from './provider.js';

/** Fields that it does not know are refused with 422; usage stands on the last chunk of every stream. */
export const MISTRAL: Provider = {
  ...PLAIN_PROVIDER,
  base: 'https://api.mistral.ai/v1',
  refusesStreamOptions: true,
};
