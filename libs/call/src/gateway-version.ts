/** Shown in `x-litellm-version` and by the health routes. */
export const GATEWAY_VERSION = '0.1.0';
