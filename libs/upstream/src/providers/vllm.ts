import { PLAIN_PROVIDER, type Provider } from './provider.js';

/** A server of one's own: its `api_base` ends with the version. */
export const VLLM: Provider = PLAIN_PROVIDER;
