import { type PassThroughEntry } from './app-config.js';
import { type ConfigNode } from './config-node.js';
import { type Findings } from './findings.js';
import { asHeaders, asRoute, asUrl, asUrlWithQuery } from './network-values.js';
import { asFlag, asPrice } from './scalar-values.js';
import { Section } from './section.js';

/** `pass_through_endpoints`. */
export function readPassThrough(list: ConfigNode | undefined, findings: Findings): PassThroughEntry[] {
  if (list === undefined) return [];
  if (list.kind !== 'list') {
    findings.problem(list, 'pass_through_endpoints is no list.', 'Begin each endpoint with `- path: …`.');
    return [];
  }
  const paths = new Map<string, ConfigNode>();
  return list.items.flatMap((item) => {
    const entry = readEndpoint(Section.of(item, item, findings));
    if (entry === null) return [];
    const first = paths.get(entry.path);
    if (first)
      findings.problem(item, `${first.path} has the same path.`, 'Give each endpoint a path of its own.');
    paths.set(entry.path, item);
    return entry;
  });
}

function readEndpoint(section: Section): PassThroughEntry | null {
  const path = section.need('path', asRoute({ wildcard: false }), 'Write the path that clients call: /tts.');
  const mergeQueryParams = section.readOr('merge_query_params', asFlag, 'false');
  const target = section.need(
    'target',
    mergeQueryParams ? asUrlWithQuery : asUrl,
    'Write the address of the backend: http://openedai-speech:8000.',
  );
  const settings = {
    includeSubpath: section.readOr('include_subpath', asFlag, 'false'),
    auth: section.readOr('auth', asFlag, 'false'),
    forwardHeaders: section.readOr('forward_headers', asFlag, 'false'),
    mergeQueryParams,
    headers: withBasicAuth(section.read('headers', asHeaders) ?? {}),
    costPerRequestPicoUsd: section.read('cost_per_request', asPrice),
  };
  section.finish('pass_through_endpoint');
  return path === null || target === null ? null : { path, target, ...settings };
}

/** LiteLLM's short form for Langfuse: a pair of keys in two headers means HTTP basic authentication. */
function withBasicAuth(headers: Record<string, string>): Record<string, string> {
  const { langfuse_public_key: user, langfuse_secret_key: password, ...others } = headers;
  if (user === undefined || password === undefined) return headers;
  return { ...others, authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}
