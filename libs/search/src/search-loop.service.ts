import { Injectable } from '@nestjs/common';
import { randomUUIDv7 } from 'node:crypto';
import { type ServerResponse } from 'node:http';
import { type Call, type CallType, type JsonObject, type JsonValue, parseJsonBody } from '@app/call';
import { ConfigStore } from '@app/config';
import { PipelineService, type Wire, type WireExtras } from '@app/pipeline';
import { RoutingService } from '@app/routing';
import { CHAT_DIALECT } from './chat-dialogue.js';
import { type Dialect, type FoundText, type ToolCall } from './dialogue.js';
import { MESSAGES_DIALECT } from './messages-dialogue.js';
import { queryOf } from './query-of.js';
import { RESPONSES_DIALECT } from './responses-dialogue.js';
import { type SearchHit } from './search-query.js';
import { SearchRecorder } from './search-recorder.js';
import { type OfferedTools, offerSearch } from './web-search-tools.js';
import { without } from './without.js';

/** More in one turn is no question any more. */
const MAX_PARALLEL_SEARCHES = 8;
const MAX_HITS = 5;
const TOKENS_PER_HIT = 300;
const KEEP_ALIVE = ': keep-alive\n\n';
const KEEP_ALIVE_MS = 5_000;

const DIALECTS: Readonly<Partial<Record<CallType, Dialect>>> = {
  acompletion: CHAT_DIALECT,
  aresponses: RESPONSES_DIALECT,
  anthropic_messages: MESSAGES_DIALECT,
};

/** Who waits for an answer, and how its door speaks when nothing is searched. */
export interface SearchSide {
  readonly client: ServerResponse;
  /** Absent: JSON and chunks. */
  readonly wire?: Wire;
  /** What the door adds to each request. */
  readonly extras?: WireExtras;
}

interface Searching {
  readonly call: Call;
  readonly client: ServerResponse;
  /** Of the model's function: the search tool behind it. */
  readonly tools: ReadonlyMap<string, string>;
  /** Addresses that were found before. */
  readonly known: Set<string>;
}

/** Runs the web searches that a model asks for, between the turns of one answer. */
@Injectable()
export class SearchLoop {
  constructor(
    private readonly config: ConfigStore,
    private readonly routing: RoutingService,
    private readonly pipeline: PipelineService,
    private readonly recorder: SearchRecorder,
  ) {}

  /**
   * Answers a call, with searches in between where it offers them to its model. Each turn is a call of its own, on the
   * books under the request's call id; the client sees one answer.
   * @throws GatewayError of the call or turn that failed
   */
  async answer(call: Call, { client, wire, extras = {} }: SearchSide): Promise<void> {
    const dialect = DIALECTS[call.type];
    const offered = dialect ? this.#offer(call, dialect) : null;
    if (!dialect || !offered) {
      await this.pipeline.run(call, client, wire);
      return;
    }
    const canSearch = this.routing.plan(call).every(({ supportsFunctionCalling }) => supportsFunctionCalling);
    if (canSearch) await this.#run(call, client, { dialect, offered, extras });
    else {
      const plain = withBody(call, withTools(call.body.object, offered.others));
      await this.pipeline.run(plain, client, dialect.plainWire(extras));
    }
  }

  /** What a request's search tools become; null for a request that names none, which is nobody's business here. */
  #offer(call: Call, dialect: Dialect): OfferedTools | null {
    const { object } = call.body;
    if (object['tools'] === undefined) return null;
    const { searchTools, litellm } = this.config.current;
    const offered = offerSearch(object, { searchTools, webSearch: litellm.webSearch, dialect });
    return offered && (object['n'] ?? 1) === 1 ? offered : null;
  }

  async #run(
    call: Call,
    client: ServerResponse,
    { dialect, offered, extras }: { dialect: Dialect; offered: OfferedTools; extras: WireExtras },
  ): Promise<void> {
    const { searches: tools } = offered;
    const dialogue = dialect.begin({ body: call.body.object, searches: new Set(tools.keys()), extras });
    const searching = { call, client, tools, known: new Set<string>() };
    let turnCall = withBody(call, withChoice(withTools(dialogue.body(), offered.tools), offered.toolChoice));
    for (let left = this.config.current.litellm.webSearch.maxLoops; ; left -= 1) {
      const turn = dialogue.turn();
      await this.pipeline.run(turnCall, client, turn.wire);
      if (turn.searches.length === 0) return;
      dialogue.found(await this.#searches(turn.searches, searching));
      // The last turn has to answer: it is offered no more searches.
      const next = left > 1 ? offered.tools : offered.others;
      turnCall = nextTurn(call, withChoice(withTools(dialogue.body(), next), undefined));
    }
  }

  async #searches(calls: readonly ToolCall[], searching: Searching): Promise<FoundText[]> {
    const stopKeepingAlive = keepAlive(searching.call, searching.client);
    try {
      return await Promise.all(
        calls.map(async (call, index) => {
          if (index < MAX_PARALLEL_SEARCHES) return this.#search(call, searching);
          return failed(call, 'Search failed: too many searches at once.');
        }),
      );
    } finally {
      stopKeepingAlive();
    }
  }

  /** A search that fails is told to the model and ends nothing. */
  async #search(call: ToolCall, { call: request, client, tools, known }: Searching): Promise<FoundText> {
    const text = queryOf(call.arguments);
    if (text === '') return failed(call, 'No search query provided');
    const options = { maxResults: MAX_HITS, domains: [], country: null, maxTokensPerPage: TOKENS_PER_HIT };
    try {
      const tool = tools.get(call.name) ?? call.name;
      const own = { ...request, partOf: request.id };
      const found = await this.recorder.search(own, client, { tool, query: { text, ...options } });
      const hits = found.filter(({ url }) => !known.has(url));
      for (const { url } of hits) known.add(url);
      const shown = found.length === 0 ? 'No results found.' : found.map(hitText).join('\n\n');
      return { call, query: text, text: shown, hits, isFailed: false };
    } catch (error) {
      if (request.signal.aborted) throw error;
      return failed(call, `Search failed: ${(error as Error).message}`);
    }
  }
}

const failed = (call: ToolCall, text: string): FoundText => ({
  call,
  query: queryOf(call.arguments),
  text,
  hits: [],
  isFailed: true,
});

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
  partOf: call.id,
  startedAt: new Date(),
  startedAtMs: performance.now(),
});
