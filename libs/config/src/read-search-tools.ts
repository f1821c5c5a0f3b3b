import { type SearchToolEntry } from './app-config.js';
import { type ConfigNode } from './config-node.js';
import { type EnvironmentSection } from './environment-section.js';
import { type Findings } from './findings.js';
import { asUrl } from './network-values.js';
import { asName, asSecondsMs, asSecret, asText } from './scalar-values.js';
import { type Parse, Section } from './section.js';

/** `search_tools`, from the three places where it may stand. Equal names are one tool with several servers. */
export function readSearchTools(
  lists: readonly (ConfigNode | undefined)[],
  env: EnvironmentSection,
  findings: Findings,
): SearchToolEntry[] {
  return lists.flatMap((list) => {
    if (list === undefined) return [];
    if (list.kind !== 'list') {
      findings.problem(list, 'search_tools is no list.', 'Begin each tool with `- search_tool_name: …`.');
      return [];
    }
    return list.items.flatMap((item) => readTool(Section.of(item, item, findings), env) ?? []);
  });
}

function readTool(section: Section, env: EnvironmentSection): SearchToolEntry | null {
  const { findings } = section;
  const name = section.need('search_tool_name', asName, 'Write the name that requests use.');
  const params = Section.of(section.entry('litellm_params'), section.node, findings);
  const provider = params.need('search_provider', asName, 'Write searxng.');
  const info = Section.of(section.entry('search_tool_info'), section.node, findings);
  const description = info.read('description', asText);
  const searxng = provider === 'searxng';
  const written = params.read('api_base', asUrl);
  const orFromEnvironment = <T>(value: T | null, variable: string, parse: Parse<T>): T | null =>
    value === null && searxng && !params.entry('api_base') ? env.read(variable, parse) : value;
  const tool = {
    apiBase: orFromEnvironment(written, 'SEARXNG_API_BASE', asUrl),
    apiKey: orFromEnvironment(params.read('api_key', asSecret), 'SEARXNG_API_KEY', asSecret),
    timeoutMs: params.readOr('timeout', asSecondsMs, '10'),
    description,
  };
  params.finish('search_params');
  section.finish('search_tool');
  if (provider !== null && !searxng) {
    findings.warn(
      params.node,
      'Only the search provider searxng is built in; this tool will answer with an error.',
    );
  }
  return name === null || provider === null ? null : { name, provider, ...tool };
}
