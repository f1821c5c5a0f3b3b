import { PLAIN_PROVIDER, type Provider, withoutSlash } from './provider.js';

/** Versions of the newer API, which names the deployment in the body as OpenAI does. */
const NEWER = new Set(['v1', 'latest', 'preview']);
const BASE_PATH = /^(.*)\/openai(?:\/.*)?$/;

/**
 * With a dated `api_version` the deployment stands in the path; without one, or with `v1`, `latest` or `preview`, the
 * newer API is used.
 */
export const AZURE: Provider = {
  ...PLAIN_PROVIDER,
  keyHeader: 'api-key',
  listsModels: false,
  place: ({ base, apiVersion }) => {
    const path = withoutSlash(base.pathname);
    const root = BASE_PATH.exec(path)?.[1] ?? path;
    if (apiVersion === null || apiVersion === 'v1') return { basePath: `${root}/openai/v1`, query: '' };
    const query = `?api-version=${encodeURIComponent(apiVersion)}`;
    const place = NEWER.has(apiVersion) ? 'v1' : 'deployments/{model}';
    return { basePath: `${root}/openai/${place}`, query };
  },
};
