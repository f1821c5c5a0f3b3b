import { type ModelEntry, type RouterSettings } from './app-config.js';
import { asList } from './collection-values.js';
import { type ConfigNode, emptyRecord, kindOf, type MappingNode } from './config-node.js';
import { type EnvironmentSection } from './environment-section.js';
import { asModelName } from './model-names.js';
import { asCount, asFlag, asName, asNumber, asOneOf, asSecondsMs } from './scalar-values.js';
import { type Parse, Section } from './section.js';

const STRATEGIES = [
  'simple-shuffle',
  'least-busy',
  'usage-based-routing',
  'usage-based-routing-v2',
  'latency-based-routing',
  'cost-based-routing',
] as const;

/** Settings that may stand in `litellm_settings` too; there they count where `router_settings` is silent. */
export const SHARED_WITH_LITELLM_SETTINGS = [
  'num_retries',
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'default_fallbacks',
  'allowed_fails',
  'cooldown_time',
] as const;

interface RouterReading {
  readonly models: readonly ModelEntry[];
  readonly storeModelInDb: boolean;
  readonly env: EnvironmentSection;
}

export function readRouter(section: Section, reading: RouterReading): RouterSettings {
  const modelGroupAlias = section.read('model_group_alias', asAliases) ?? emptyRecord<never>();
  const model = asModelName(reading.models, Object.keys(modelGroupAlias), reading.storeModelInDb);
  const fallbacks = (name: string): Record<string, readonly string[]> =>
    section.read(name, asFallbacks(model)) ?? emptyRecord<never>();
  const orDefault = <T>(name: string, parse: Parse<T>, variable: string): T =>
    section.readOr(name, parse, reading.env.fallback(variable, parse));
  const restsNever = section.readOr('disable_cooldowns', asFlag, 'false');
  const cooldownMs = orDefault('cooldown_time', asSecondsMs, 'DEFAULT_COOLDOWN_TIME_SECONDS');
  return {
    routingStrategy: section.readOr('routing_strategy', asOneOf(STRATEGIES), 'simple-shuffle'),
    modelGroupAlias,
    numRetries: orDefault('num_retries', asNumber({ max: 100, whole: true }), 'DEFAULT_MAX_RETRIES'),
    timeoutMs: section.read('timeout', asSecondsMs),
    streamTimeoutMs: section.read('stream_timeout', asSecondsMs),
    connectTimeoutMs: section.read('connect_timeout', asSecondsMs),
    idleTimeoutMs: section.read('idle_timeout', asSecondsMs),
    fallbacks: fallbacks('fallbacks'),
    contextWindowFallbacks: fallbacks('context_window_fallbacks'),
    contentPolicyFallbacks: fallbacks('content_policy_fallbacks'),
    defaultFallbacks: section.read('default_fallbacks', asList(model)) ?? [],
    allowedFails: orDefault('allowed_fails', asCount, 'DEFAULT_ALLOWED_FAILS'),
    cooldownMs: restsNever ? 0 : cooldownMs,
    maxFallbacks: orDefault('max_fallbacks', asNumber({ max: 100, whole: true }), 'ROUTER_MAX_FALLBACKS'),
    enablePreCallChecks: section.readOr('enable_pre_call_checks', asFlag, 'false'),
    enableTagFiltering: section.readOr('enable_tag_filtering', asFlag, 'false'),
    tagFilteringMatchAny: section.readOr('tag_filtering_match_any', asFlag, 'true'),
    deploymentAffinity: (section.read('optional_pre_call_checks', asList(asCheck)) ?? []).length > 0,
  };
}

/** `router_settings`, with what only `litellm_settings` says of the same things below it. */
export function overSharedSettings(router: MappingNode, litellm: MappingNode): MappingNode {
  const shared = SHARED_WITH_LITELLM_SETTINGS.flatMap((name) => {
    const node = litellm.entries.get(name);
    return node === undefined ? [] : [[name, node] as const];
  });
  return { ...router, entries: new Map<string, ConfigNode>([...shared, ...router.entries]) };
}

/** Those that keep a conversation at one deployment; the others have no meaning here. */
const asCheck: Parse<string> = (node, findings) => {
  const name = asName(node, findings);
  if (name === null || name === 'deployment_affinity' || name === 'prompt_caching') return name;
  findings.warn(
    node,
    'This check does not exist here; it is ignored. Known: deployment_affinity, prompt_caching.',
  );
  return null;
};

/** `{alias: group}` or `{alias: {model: group, hidden: true}}`. */
const asAliases: Parse<Record<string, { model: string; hidden: boolean }>> = (node, findings) => {
  if (node.kind !== 'mapping') {
    return findings.problem(
      node,
      `Aliases are a mapping; this is ${kindOf(node)}.`,
      'Write `alias: model_name` lines.',
    );
  }
  const aliases = emptyRecord<{ model: string; hidden: boolean }>();
  for (const [alias, target] of node.entries) {
    if (target.kind === 'mapping') {
      const section = Section.of(target, target, findings);
      const model = section.need('model', asName, 'Write the model_name that the alias stands for.');
      const hidden = section.readOr('hidden', asFlag, 'false');
      section.finish('model_group_alias');
      if (model !== null) aliases[alias] = { model, hidden };
    } else {
      const model = asName(target, findings);
      if (model !== null) aliases[alias] = { model, hidden: false };
    }
  }
  return aliases;
};

/** `[{group: [other, …]}, …]`, or the same as one mapping. */
function asFallbacks(model: Parse<string>): Parse<Record<string, readonly string[]>> {
  const targets = asList(asTarget(model));
  return (node, findings) => {
    const record = emptyRecord<readonly string[]>();
    for (const item of node.kind === 'list' ? node.items : [node]) {
      if (item.kind !== 'mapping') {
        findings.problem(
          item,
          `A fallback is a mapping; this is ${kindOf(item)}.`,
          'Write `- model_name: [other_model]`.',
        );
        continue;
      }
      for (const [group, others] of item.entries) {
        model({ ...others, kind: 'scalar', value: group, text: group }, findings);
        record[group] = [...(record[group] ?? []), ...(targets(others, findings) ?? [])];
      }
    }
    return record;
  };
}

/** A name, or an object that names it; other fields of the object would change the request and are not supported. */
function asTarget(model: Parse<string>): Parse<string> {
  return (node, findings) => {
    if (node.kind !== 'mapping') return model(node, findings);
    const section = Section.of(node, node, findings);
    const name = section.need('model', model, 'Write the model to fall back to.');
    section.finish('fallback');
    return name;
  };
}
