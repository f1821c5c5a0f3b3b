import { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { GATEWAY_VERSION, usdNumber } from '@app/call';
import { type CallRecord } from './call-record.js';

/** Never shown to a client: they speak about the hop to the upstream, or to a browser in the upstream's name. */
const HIDDEN =
  /^(?:connection|keep-alive|transfer-encoding|te|trailer|upgrade|proxy-.*|content-length|content-encoding|set-cookie.*|clear-site-data|refresh|link|service-worker-allowed|access-control-.*|strict-transport-security|alt-svc|report-to|nel|www-authenticate)$/;
/** All headers of an answer have to stay below 4 kB: reverse proxies cut there. */
const MAX_PROVIDER_HEADER_BYTES = 2_000;

/** The `x-litellm-*` and `llm_provider-*` headers of an answer. */
export function answerHeaders(record: CallRecord, upstream: IncomingHttpHeaders): OutgoingHttpHeaders {
  const { deployment, call } = record;
  const headers: OutgoingHttpHeaders = {
    'x-litellm-version': GATEWAY_VERSION,
    'x-litellm-attempted-retries': String(Math.max(0, record.attempts - 1)),
    'x-litellm-attempted-fallbacks': '0',
    'x-litellm-response-duration-ms': (performance.now() - call.startedAtMs).toFixed(3),
    'x-litellm-overhead-duration-ms': record.overheadMs().toFixed(3),
  };
  if (deployment) {
    headers['x-litellm-model-id'] = deployment.id;
    headers['x-litellm-model-group'] = headerText(call.model);
    headers['x-litellm-model-api-base'] = deployment.origin + deployment.basePath;
  }
  if (!call.stream) headers['x-litellm-response-cost'] = String(usdNumber(record.costPicoUsd));
  addProviderHeaders(headers, upstream);
  return headers;
}

function addProviderHeaders(headers: OutgoingHttpHeaders, upstream: IncomingHttpHeaders): void {
  let bytes = 0;
  for (const name in upstream) {
    const value = upstream[name];
    if (typeof value !== 'string' || HIDDEN.test(name)) continue;
    bytes += name.length + value.length + 18;
    if (bytes > MAX_PROVIDER_HEADER_BYTES) return;
    headers[`llm_provider-${name}`] = headerText(value);
  }
}

/** What may stand in a header: printable ASCII; the rest is shown as `?`. */
const headerText = (text: string): string => text.slice(0, 256).replace(/[^\x20-\x7e]/g, '?');
