import { type CacheSettings } from './app-config.js';
import { asList } from './collection-values.js';
import { asFlag, asName, asNumber, asOneOf, asSecondsMs, asText } from './scalar-values.js';
import { type Parse, Section } from './section.js';

const MEMORY = new Set(['local', 'in-memory', 'memory']);
const POSTGRES = new Set(['postgres', 'postgresql']);
/** Calls whose answers are the same bytes for the same body. */
const CALL_TYPES = [
  'acompletion',
  'atext_completion',
  'aembedding',
  'anthropic_messages',
  'aresponses',
  'arerank',
  'amoderation',
] as const;
const SHARED_BY = ['key', 'team', 'everyone'] as const;
const MEGABYTE = 1024 * 1024;
const DEFAULT_MB = { memory: '64', postgres: '1024' } as const;

/** `cache` and `cache_params` of `litellm_settings`; null: no answer is kept. */
export function readCache(section: Section): CacheSettings | null {
  const isOn = section.readOr('cache', asFlag, 'false');
  const params = Section.of(section.entry('cache_params'), section.node, section.findings);
  const store = params.readOr('type', asStore, 'local');
  const settings = {
    store,
    ttlMs: params.readOr('ttl', asSecondsMs, '600'),
    isOptIn: params.readOr('mode', asOneOf(['default_on', 'default_off']), 'default_on') === 'default_off',
    namespace: params.read('namespace', asName) ?? '',
    sharedBy: params.readOr('shared_by', asOneOf(SHARED_BY), 'key'),
    callTypes: params.read('supported_call_types', asList(asCallType)) ?? CALL_TYPES,
    maxBytes: megabytes(
      params.readOr('max_size_mb', asNumber({ min: 1, max: 1_000_000 }), DEFAULT_MB[store]),
    ),
    maxEntryBytes: megabytes(params.readOr('max_entry_mb', asNumber({ min: 0.001, max: 64 }), '1')),
  };
  params.finish('cache_params');
  return isOn && settings.callTypes.length > 0 && settings.ttlMs > 0 ? settings : null;
}

const megabytes = (count: number): number => Math.round(count * MEGABYTE);

const asStore: Parse<CacheSettings['store']> = (node, findings) => {
  const name = asText(node, findings)?.trim().toLowerCase() ?? null;
  if (name === null) return null;
  if (MEMORY.has(name)) return 'memory';
  if (!POSTGRES.has(name))
    findings.warn(
      node,
      'Answers are kept in memory (`local`) or in PostgreSQL (`postgres`): it is PostgreSQL.',
    );
  return 'postgres';
};

/** LiteLLM names each call twice: `completion` is the same as `acompletion` here. */
const asCallType: Parse<string> = (node, findings) => {
  const name = asName(node, findings);
  if (name === null) return null;
  const known = CALL_TYPES.find((type) => type === name || type === `a${name}`);
  if (known === undefined)
    findings.warn(node, `Answers of this kind are not kept. Known: ${CALL_TYPES.join(', ')}.`);
  return known ?? null;
};
