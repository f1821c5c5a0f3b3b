import { type GeneralSettings } from './app-config.js';
import { asList } from './collection-values.js';
import { type ConfigNode } from './config-node.js';
import { type Findings } from './findings.js';
import { asCidr, asHeaderName, asHostName, asRoute } from './network-values.js';
import { readPassThrough } from './read-pass-through.js';
import { asDurationMs, asFlag, asName, asNumber, asOneOf, asText } from './scalar-values.js';
import { type Parse, Section } from './section.js';

const BYTES_PER_MB = 1024 * 1024;

/** `general_settings`, but for what belongs to the process as a whole (keys, database, search tools). */
export function readGeneral(section: Section): GeneralSettings {
  const flag = (name: string, fallback = 'false'): boolean => section.readOr(name, asFlag, fallback);
  const megabytes = section.readOr('max_request_size_mb', asNumber({ min: 0.001, max: 2_048 }), '20');
  return {
    publicRoutes: section.read('public_routes', asList(asRoute({ wildcard: true }))) ?? [],
    passThroughEndpoints: readPassThrough(section.entry('pass_through_endpoints'), section.findings),
    keyHeaderName: section.read('litellm_key_header_name', asHeaderName),
    allowedHosts: section.read('allowed_hosts', asList(asHostName)) ?? [],
    trustedProxies: section.read('trusted_proxies', asList(asCidr)) ?? [],
    clientRateLimit: section.read('client_rate_limit', asRate),
    allowMockRequests: flag('allow_mock_requests'),
    allowPrivateUpstreams: flag('allow_private', 'true'),
    maxRequestBytes: Math.round(megabytes * BYTES_PER_MB),
    storePromptsInSpendLogs: flag('store_prompts_in_spend_logs'),
    spendLogsRetentionMs: section.read('maximum_spend_logs_retention_period', asDurationMs),
    storedPromptsRetentionMs: section.readOr('maximum_stored_prompts_retention_period', asDurationMs, '30d'),
    userHeaderName: readUserHeader(section),
    compat: section.readOr('compat', asOneOf(['latest', '1.81'] as const), 'latest'),
    alwaysIncludeStreamUsage: flag('always_include_stream_usage'),
    moderationModel: section.read('moderation_model', asName),
    disableResponsesIdSecurity: flag('disable_responses_id_security'),
  };
}

/** `{average: 100, burst: 200}` requests a second from one address; `false` switches it off. */
const asRate: Parse<{ average: number; burst: number }> = (node, findings) => {
  if (node.kind === 'scalar' && node.value === false) return null;
  const section = Section.of(node, node, findings);
  const rate = asNumber({ min: 0.01, max: 1_000_000 });
  const average = section.need('average', rate, 'Write requests per second.');
  const burst = section.need(
    'burst',
    asNumber({ min: 1, max: 1_000_000 }),
    'Write how many may come at once.',
  );
  section.finish('client_rate_limit');
  return average === null || burst === null ? null : { average, burst };
};

/** `user_header_name`, or the entry of `user_header_mappings` with the role `customer`. */
function readUserHeader(section: Section): string | null {
  const mappings = section.entry('user_header_mappings');
  const mapped = mappings === undefined ? [] : (asList(asMapping)(mappings, section.findings) ?? []);
  const customer = mapped.find(({ role }) => role === 'customer')?.header ?? null;
  return section.read('user_header_name', asHeaderName) ?? customer;
}

const asMapping: Parse<{ header: string; role: string }> = (node: ConfigNode, findings: Findings) => {
  const section = Section.of(node, node, findings);
  const header = section.need('header_name', asHeaderName, 'Write the name of the header.');
  const role = section.need('litellm_user_role', asText, 'Write customer.');
  section.finish('user_header_mapping');
  if (role !== null && role !== 'customer')
    findings.warn(node, 'Only the role customer is supported; it is ignored.');
  return header === null || role === null ? null : { header, role };
};
