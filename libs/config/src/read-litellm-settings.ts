import { type LitellmSettings, type WebSearchSettings } from './app-config.js';
import { asList } from './collection-values.js';
import { type ConfigNode } from './config-node.js';
import { type EnvironmentSection } from './environment-section.js';
import { readCache } from './read-cache.js';
import { readKeyGeneration } from './read-key-generation.js';
import { readKeyBounds, readKeyDefaults, readTeamDefaults, readUserDefaults } from './read-key-parameters.js';
import { SHARED_WITH_LITELLM_SETTINGS } from './read-router.js';
import { asBudget, asDurationText, asFlag, asName, asNumber, asSecondsMs, asText } from './scalar-values.js';
import { type Parse, Section } from './section.js';

const CALLBACKS = new Set(['langfuse', 'langfuse_otel', 'prometheus', 'websearch_interception']);

/** `litellm_settings`, but for what the router reads. */
export function readLitellmSettings(section: Section, env: EnvironmentSection): LitellmSettings {
  for (const name of SHARED_WITH_LITELLM_SETTINGS) section.entry(name);
  const callbacks = (name: string): string[] => [...new Set(section.read(name, asList(asCallback)) ?? [])];
  const flag = (name: string): boolean => section.readOr(name, asFlag, 'false');
  return {
    requestTimeoutMs: section.readOr(
      'request_timeout',
      asSecondsMs,
      env.fallback('REQUEST_TIMEOUT', asSecondsMs),
    ),
    callbacks: callbacks('callbacks'),
    successCallbacks: callbacks('success_callback'),
    failureCallbacks: callbacks('failure_callback'),
    requireAuthForMetrics: flag('require_auth_for_metrics_endpoint'),
    publishesBudgets: flag('prometheus_initialize_budget_metrics'),
    dropParams: flag('drop_params'),
    turnOffMessageLogging: flag('turn_off_message_logging'),
    langfuseDefaultTags: section.read('langfuse_default_tags', asList(asText)) ?? [],
    webSearch: readWebSearch(section),
    cache: readCache(section),
    ...readBudget(section),
    keyDefaults: readKeyDefaults(section),
    keyBounds: readKeyBounds(section),
    keyGeneration: readKeyGeneration(section),
    teamDefaults: readTeamDefaults(section),
    userDefaults: readUserDefaults(section),
  };
}

function readBudget(section: Section): Pick<LitellmSettings, 'maxBudgetPicoUsd' | 'budgetDuration'> {
  const maxBudgetPicoUsd = section.read('max_budget', asBudget);
  const budgetDuration = section.read('budget_duration', asDurationText);
  const alone =
    budgetDuration !== null && maxBudgetPicoUsd === null ? section.entry('budget_duration') : undefined;
  if (alone) section.findings.warn(alone, 'Without `max_budget` it has no effect.');
  return { maxBudgetPicoUsd, budgetDuration };
}

/** A name, or `{name: settings}`. */
const asCallback: Parse<string> = (node, findings) => {
  const name = node.kind === 'mapping' && node.entries.size === 1 ? [...node.entries.keys()][0] : undefined;
  const text = name ?? asName(node, findings);
  if (text !== null && !CALLBACKS.has(text)) {
    findings.warn(
      node,
      `The callback \`${text}\` is not supported; it is ignored. Known: ${[...CALLBACKS].join(', ')}.`,
    );
  }
  return text;
};

function readWebSearch(section: Section): WebSearchSettings {
  const params = section.entry('websearch_interception_params') ?? inlineSearch(section);
  const search = Section.of(params, section.node, section.findings);
  search.entry('enabled_providers');
  const settings = {
    toolName: search.read('search_tool_name', asName),
    maxLoops: search.readOr('max_agentic_loops', asNumber({ min: 1, max: 20, whole: true }), '3'),
  };
  search.finish('websearch_interception_params');
  return settings;
}

/** `callbacks: [{websearch_interception: {…}}]` */
function inlineSearch(section: Section): ConfigNode | undefined {
  const callbacks = section.entry('callbacks');
  const items = callbacks?.kind === 'list' ? callbacks.items : [];
  const item = items.find((entry) => entry.kind === 'mapping' && entry.entries.has('websearch_interception'));
  return item?.kind === 'mapping' ? item.entries.get('websearch_interception') : undefined;
}
