import { type IncomingHttpHeaders } from 'node:http';
import { GATEWAY_VERSION, usdNumber } from '@app/call';
import { addRateHeaders } from '@app/limits';
import { type CallRecord } from './call-record.js';

/** Never shown to a client: they speak about the hop to the upstream, or to a browser in the upstream's name. */
const HIDDEN =
  /^(?:connection|keep-alive|transfer-encoding|te|trailer|upgrade|proxy-.*|content-length|content-encoding|set-cookie.*|clear-site-data|refresh|link|service-worker-allowed|access-control-.*|strict-transport-security|alt-svc|report-to|nel|www-authenticate)$/;
/** All headers of an answer have to stay below 4 kB: reverse proxies cut there. */
const MAX_PROVIDER_HEADER_BYTES = 2_000;

/**
 * The `x-litellm-*` and `llm_provider-*` headers of an answer: name, value, name, value. A list goes to the socket as it
 * is, without a dictionary of some thirty names in between.
 * @param spentPicoUsd of the key before this call; null where it is not known yet
 */
export function answerHeaders(
  record: CallRecord,
  upstream: IncomingHttpHeaders,
  spentPicoUsd: bigint | null,
): string[] {
  const { deployment, call, cache } = record;
  const { maxBudgetPicoUsd } = call.caller;
  const head = ['x-litellm-version', GATEWAY_VERSION];
  head.push('x-litellm-attempted-retries', String(record.retries));
  head.push('x-litellm-attempted-fallbacks', String(record.fallbacks));
  head.push('x-litellm-response-duration-ms', (performance.now() - call.startedAtMs).toFixed(3));
  head.push('x-litellm-overhead-duration-ms', record.overheadMs().toFixed(3));
  if (deployment) {
    head.push('x-litellm-model-id', headerText(deployment.id));
    head.push('x-litellm-model-group', headerText(record.group));
    head.push('x-litellm-model-api-base', deployment.origin + deployment.basePath);
  }
  if (cache) head.push('x-litellm-cache-key', cache.key);
  const costPicoUsd = call.stream ? 0n : record.costPicoUsd;
  if (!call.stream) head.push('x-litellm-response-cost', String(usdNumber(costPicoUsd)));
  if (spentPicoUsd !== null) head.push('x-litellm-key-spend', String(usdNumber(spentPicoUsd + costPicoUsd)));
  if (maxBudgetPicoUsd !== null) head.push('x-litellm-key-max-budget', String(usdNumber(maxBudgetPicoUsd)));
  addRateHeaders(record.standing, head, upstream);
  addProviderHeaders(head, upstream);
  return head;
}

/** Names as they are shown, or null for those that are not; worked out once for each name. */
const shownNames = new Map<string, string | null>();
const MAX_NAMES = 1_000;

function shownName(name: string): string | null {
  let shown = shownNames.get(name);
  if (shown === undefined) {
    shown = HIDDEN.test(name) ? null : `llm_provider-${name}`;
    if (shownNames.size < MAX_NAMES) shownNames.set(name, shown);
  }
  return shown;
}

function addProviderHeaders(head: string[], upstream: IncomingHttpHeaders): void {
  let bytes = 0;
  for (const name in upstream) {
    const value = upstream[name];
    const shown = shownName(name);
    if (typeof value !== 'string' || shown === null) continue;
    bytes += shown.length + value.length;
    if (bytes > MAX_PROVIDER_HEADER_BYTES) return;
    head.push(shown, headerText(value));
  }
}

const UNPRINTABLE = /[^\x20-\x7e]/;

/** What may stand in a header: printable ASCII; the rest is shown as `?`. */
function headerText(text: string): string {
  const short = text.length > 256 ? text.slice(0, 256) : text;
  return UNPRINTABLE.test(short) ? short.replace(/[^\x20-\x7e]/g, '?') : short;
}
