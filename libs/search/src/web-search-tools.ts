import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { type SearchToolEntry, type WebSearchSettings } from '@app/config';
import { type Dialect } from './dialogue.js';

/** What the model is offered where the client named no search tool of ours. */
const OWN_NAME = 'litellm_web_search';
/** Anthropic's and OpenAI's built-in tools: `web_search_20250305`, `web_search_preview`, … */
const BUILT_IN = /^web_search(?:_|$)/;
const DESCRIPTION = 'Searches the web. Use it for anything recent, and for facts that you are not sure of.';

const PARAMETERS: JsonObject = {
  type: 'object',
  properties: {
    query: { type: 'string', description: 'What to search for, as you would type it into a search engine.' },
  },
  required: ['query'],
};

/** The tools of a request after those that stand for a web search got their schema. */
export interface OfferedTools {
  readonly tools: readonly JsonValue[];
  /** The client's own tools alone. */
  readonly others: readonly JsonValue[];
  /** Names of the functions that the gateway runs, each with the search tool behind it. */
  readonly searches: ReadonlyMap<string, string>;
  readonly toolChoice: JsonValue | undefined;
}

export interface SearchSetup {
  readonly searchTools: readonly SearchToolEntry[];
  readonly webSearch: WebSearchSettings;
  /** How the request's door spells a function. */
  readonly dialect: Pick<Dialect, 'tool' | 'choice'>;
}

/** Finds the tools that the gateway has to run itself; null where a request names none. */
export function offerSearch(body: JsonObject, setup: SearchSetup): OfferedTools | null {
  const { tools } = body;
  const [first] = setup.searchTools;
  if (!Array.isArray(tools) || !first) return null;
  const searches = new Map<string, string>();
  const asked = new Map<string, string>();
  const others: JsonValue[] = [];
  for (const tool of tools) {
    const name = searchNameOf(tool, setup.searchTools);
    if (name === null) others.push(tool);
    else {
      const isConfigured = setup.searchTools.some((entry) => entry.name === name);
      const offered = isConfigured ? name : OWN_NAME;
      searches.set(offered, isConfigured ? name : (setup.webSearch.toolName ?? first.name));
      asked.set(name, offered);
    }
  }
  if (searches.size === 0) return null;
  const schemas = [...searches].map(([name, tool]) =>
    setup.dialect.tool(name, describe(tool, setup.searchTools), PARAMETERS),
  );
  return {
    tools: [...others, ...schemas],
    others,
    searches,
    toolChoice: repointed(body['tool_choice'], asked, setup.dialect),
  };
}

/** The name under which a tool stands for a web search; null for a tool of the client's own. */
function searchNameOf(tool: JsonValue, searchTools: readonly SearchToolEntry[]): string | null {
  if (!isJsonObject(tool)) return null;
  if (typeof tool['type'] === 'string' && BUILT_IN.test(tool['type'])) return 'web_search';
  const described = isJsonObject(tool['function']) ? tool['function'] : tool;
  const { name } = described;
  if (typeof name !== 'string') return null;
  if (name === OWN_NAME || searchTools.some((entry) => entry.name === name)) return name;
  const isBare = described['parameters'] === undefined && described['input_schema'] === undefined;
  return isBare && (name === 'web_search' || name === 'WebSearch') ? name : null;
}

function describe(tool: string, searchTools: readonly SearchToolEntry[]): string {
  return searchTools.find(({ name }) => name === tool)?.description ?? DESCRIPTION;
}

/** A choice that names a search tool has to name the function that took its place. */
function repointed(
  choice: JsonValue | undefined,
  asked: ReadonlyMap<string, string>,
  dialect: Pick<Dialect, 'choice'>,
): JsonValue | undefined {
  if (!isJsonObject(choice)) return choice;
  const named = isJsonObject(choice['function'])
    ? choice['function']['name']
    : (choice['name'] ?? choice['type']);
  const offered =
    typeof named === 'string' ? asked.get(BUILT_IN.test(named) ? 'web_search' : named) : undefined;
  return offered === undefined ? choice : dialect.choice(offered);
}
