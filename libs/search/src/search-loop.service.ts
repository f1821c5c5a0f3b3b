import { Injectable } from '@nestjs/common';
import { randomUUIDv7 } from 'node:crypto';
import { type ServerResponse } from 'node:http';
import { type Call, isJsonObject, type JsonObject, type JsonValue, parseJsonBody } from '@app/call';
import { ConfigStore } from '@app/config';
import { PipelineService, textWire } from '@app/pipeline';
import { RoutingService } from '@app/routing';
import { ModelTurn, type ToolCall } from './model-turn.js';
import { type SearchHit } from './search-query.js';
import { SearchRecorder } from './search-recorder.js';
import { type OfferedTools, offerSearch } from './web-search-tools.js';
import { without } from './without.js';

/** More in one turn is no question any more. */
const MAX_PARALLEL_SEARCHES = 8;
const MAX_HITS = 5;
const TOKENS_PER_HIT = 300;
const MAX_QUERY_LENGTH = 400;
const KEEP_ALIVE = ': keep-alive\n\n';
const KEEP_ALIVE_MS = 5_000;

/** Runs the web searches that a model asks for, between the turns of one answer. */
@Injectable()
export class SearchLoop {
  constructor(
    private readonly config: ConfigStore,
    private readonly routing: RoutingService,
    private readonly pipeline: PipelineService,
    private readonly recorder: SearchRecorder,
  ) {}

  /** What a request's search tools become; null for a request that names none, which is nobody's business here. */
  offer(call: Call): OfferedTools | null {
    const { object } = call.body;
    if (object['tools'] === undefined || call.type !== 'acompletion') return null;
    const { searchTools, litellm } = this.config.current;
    const offered = offerSearch(object, { searchTools, webSearch: litellm.webSearch });
    return offered && (object['n'] ?? 1) === 1 ? offered : null;
  }

  /**
   * Answers a chat call whose model may search. Each turn is a call of its own, on the books under the request's
   * call id; the client sees one answer.
   * @throws GatewayError of the turn that failed
   */
  async run(call: Call, client: ServerResponse, offered: OfferedTools): Promise<void> {
    const canSearch = this.routing.plan(call).every(({ supportsFunctionCalling }) => supportsFunctionCalling);
    if (!canSearch) {
      await this.pipeline.run(withBody(call, withTools(call.body.object, offered.others)), client);
      return;
    }
    const names = new Set(offered.searches.keys());
    const hits: SearchHit[] = [];
    let body = withChoice(withTools(call.body.object, offered.tools), offered.toolChoice);
    let turnCall = withBody(call, body);
    let identity: JsonObject | null = null;
    for (let left = this.config.current.litellm.webSearch.maxLoops; ; left -= 1) {
      const turn: ModelTurn = new ModelTurn({ searches: names, hits, identity });
      await this.pipeline.run(turnCall, client, textWire(turn));
      const calls = turn.searches;
      if (calls.length === 0) return;
      identity = turn.identity;
      const results = await this.#searches(call, client, { calls, offered, hits });
      const messages = [...listOf(body['messages']), assistantMessage(turn.content, calls), ...results];
      // The last turn has to answer: it is offered no more searches.
      const tools = left > 1 ? offered.tools : offered.others;
      body = withChoice(withTools({ ...body, messages }, tools), undefined);
      turnCall = nextTurn(call, body);
    }
  }

  async #searches(
    call: Call,
    client: ServerResponse,
    turn: { readonly calls: readonly ToolCall[]; readonly offered: OfferedTools; readonly hits: SearchHit[] },
  ): Promise<JsonObject[]> {
    const stopKeepingAlive = keepAlive(call, client);
    try {
      return await Promise.all(
        turn.calls.map(async ({ id, name, arguments: text }, index) => {
          const tool = turn.offered.searches.get(name) ?? name;
          const content =
            index < MAX_PARALLEL_SEARCHES
              ? await this.#search(call, client, { tool, text: queryOf(text), hits: turn.hits })
              : 'Search failed: too many searches at once.';
          return { role: 'tool', tool_call_id: id, content };
        }),
      );
    } finally {
      stopKeepingAlive();
    }
  }

  /** The text that the model reads; a search that fails is told to it and ends nothing. */
  async #search(
    call: Call,
    client: ServerResponse,
    search: { readonly tool: string; readonly text: string; readonly hits: SearchHit[] },
  ): Promise<string> {
    const { tool, text, hits } = search;
    if (text === '') return 'No search query provided';
    const query = {
      text,
      maxResults: MAX_HITS,
      domains: [],
      country: null,
      maxTokensPerPage: TOKENS_PER_HIT,
    };
    try {
      const found = await this.recorder.search(call, client, { tool, query });
      hits.push(...found.filter(({ url }) => !hits.some((known) => known.url === url)));
      return found.length === 0 ? 'No results found.' : found.map(hitText).join('\n\n');
    } catch (error) {
      if (call.signal.aborted) throw error;
      return `Search failed: ${(error as Error).message}`;
    }
  }
}

/** A client that waits for a search hears that its answer is still coming. */
function keepAlive(call: Call, client: ServerResponse): () => void {
  if (!call.stream || !client.headersSent) return () => undefined;
  const say = (): boolean => client.writableEnded || client.write(KEEP_ALIVE);
  say();
  const timer = setInterval(say, KEEP_ALIVE_MS);
  return () => clearInterval(timer);
}

const hitText = ({ title, url, snippet, date }: SearchHit): string =>
  [`Title: ${title}`, `URL: ${url}`, ...(date === null ? [] : [`Date: ${date}`]), `Snippet: ${snippet}`].join(
    '\n',
  );

function queryOf(text: string): string {
  try {
    const given = JSON.parse(text) as JsonValue;
    const query = isJsonObject(given) ? given['query'] : given;
    return typeof query === 'string' ? query.trim().slice(0, MAX_QUERY_LENGTH) : '';
  } catch {
    return '';
  }
}

function assistantMessage(content: string, calls: readonly ToolCall[]): JsonObject {
  return {
    role: 'assistant',
    content: content === '' ? null : content,
    tool_calls: calls.map(({ id, name, arguments: text }) => ({
      id,
      type: 'function',
      // Templates parse it: what is no JSON would fail the next turn.
      function: { name, arguments: queryOf(text) === '' ? '{}' : text },
    })),
  };
}

function withTools(body: JsonObject, tools: readonly JsonValue[]): JsonObject {
  if (tools.length > 0) return { ...body, tools: [...tools] };
  return without(body, ['tools', 'tool_choice', 'parallel_tool_calls']);
}

function withChoice(body: JsonObject, choice: JsonValue | undefined): JsonObject {
  const rest = without(body, ['tool_choice']);
  return choice === undefined || body['tools'] === undefined ? rest : { ...rest, tool_choice: choice };
}

function withBody(call: Call, object: JsonObject): Call {
  const bytes = Buffer.from(JSON.stringify(object));
  return { ...call, body: parseJsonBody(bytes), bodyBytes: bytes.length };
}

const nextTurn = (call: Call, object: JsonObject): Call => ({
  ...withBody(call, object),
  id: randomUUIDv7(),
  startedAt: new Date(),
  startedAtMs: performance.now(),
});

const listOf = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : []);
