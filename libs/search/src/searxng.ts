import { UpstreamError } from '@app/call';
import { type SearchToolEntry } from '@app/config';
import { AttemptScope, type Destination, readDocument, type UpstreamClient } from '@app/upstream';
import { hitsFrom } from './search-hits.js';
import { type SearchHit, type SearchQuery } from './search-query.js';

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const CONNECT_MS = 3_000;

/** Languages of the countries that SearXNG's users ask for most; others are sent as they are. */
const LANGUAGES: Readonly<Record<string, string>> = { us: 'en', uk: 'en', gb: 'en', jp: 'ja' };

/**
 * Asks a SearXNG instance. The query goes in the body, so that it stands in no access log.
 * @throws UpstreamError 502 or 504; ClientClosedRequestError when `signal` says so
 */
export async function searchSearxng(
  upstream: UpstreamClient,
  tool: SearchToolEntry,
  query: SearchQuery,
  signal: AbortSignal,
): Promise<SearchHit[]> {
  const scope = new AttemptScope(signal, tool.timeoutMs);
  scope.stage(tool.timeoutMs, 'The search engine did not answer in time.', true);
  try {
    const { destination, path } = destinationOf(tool);
    const reply = await upstream.post(destination, {
      path,
      body: [Buffer.from(formOf(query))],
      contentType: 'application/x-www-form-urlencoded',
      // Its limiter takes programs that do not accept HTML for robots.
      accept: 'application/json, text/html;q=0.1',
      scope,
    });
    if (!(reply.headers['content-type'] ?? '').includes('json')) {
      const error = new UpstreamError(
        502,
        'The search engine answered with something that is not JSON.',
        true,
      );
      reply.body.abort(error);
      throw error;
    }
    return hitsFrom(await readDocument(reply, MAX_ANSWER_BYTES), query);
  } catch (error) {
    throw explained(error);
  } finally {
    scope.close();
  }
}

function formOf({ text, country }: SearchQuery): string {
  const form = new URLSearchParams({ q: text, format: 'json' });
  if (country !== null) form.set('language', LANGUAGES[country] ?? country);
  return form.toString();
}

function destinationOf(tool: SearchToolEntry): { destination: Destination; path: string } {
  if (tool.apiBase === null) {
    throw new UpstreamError(502, `The search tool ${tool.name} has no address: set SEARXNG_API_BASE.`, false);
  }
  const url = new URL(tool.apiBase);
  const basePath = url.pathname.replace(/\/(?:search\/?)?$/, '');
  return {
    path: '/search',
    destination: {
      origin: url.origin,
      basePath,
      apiKey: tool.apiKey,
      extraHeaders: { 'accept-language': 'en' },
      timeouts: {
        connectMs: Math.min(CONNECT_MS, tool.timeoutMs),
        firstByteMs: tool.timeoutMs,
        idleMs: tool.timeoutMs,
        totalMs: tool.timeoutMs,
      },
    },
  };
}

/** The refusals that a fresh SearXNG gives to everyone, with what its owner has to change. */
function explained(error: unknown): unknown {
  if (!(error instanceof UpstreamError)) return error;
  const remedy = remedyOf(error);
  return remedy === null ? error : new UpstreamError(502, remedy, false, { cause: error });
}

function remedyOf({ status }: UpstreamError): string | null {
  if (status === 403)
    return 'The search engine refuses JSON: add `json` to `search.formats` in its settings.yml.';
  if (status === 429) return "The search engine's limiter refuses the gateway: add its address to `pass_ip`.";
  return null;
}
