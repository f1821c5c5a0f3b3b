import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { randomUUIDv7 } from 'node:crypto';
import { type ServerResponse } from 'node:http';
import {
  Access,
  BadRequestError,
  type Call,
  ClientAddresses,
  endUserOf,
  type GatewayRequest,
  type JsonBody,
  type JsonObject,
  LiveCalls,
  readJson,
} from '@app/call';
import { ConfigStore } from '@app/config';
import { readSearch } from './read-search.js';
import { SearchRecorder } from './search-recorder.js';
import { SearchService } from './search.service.js';

const NOTHING: ReadonlySet<string> = new Set();

/** The door for searches without a model. */
@Controller()
export class SearchController {
  constructor(
    private readonly searches: SearchService,
    private readonly recorder: SearchRecorder,
    private readonly calls: LiveCalls,
    private readonly config: ConfigStore,
  ) {}

  @Get(['v1/search/tools', 'search/tools'])
  @Access('inference')
  list(): JsonObject {
    const data = this.searches.tools.map(({ name, provider, description }) => ({
      search_tool_name: name,
      search_provider: provider,
      ...(description === null ? {} : { description }),
    }));
    return { object: 'list', data };
  }

  @Post(['v1/search', 'search', 'v1/search/:tool', 'search/:tool'])
  @Access('inference')
  async search(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    const { general } = this.config.current;
    const signal = this.calls.follow(res);
    const body = await readJson(req, general.maxRequestBytes);
    const query = readSearch(body.object);
    const call = this.#callOf(req, body, signal);
    const results = await this.recorder.search(call, res, { tool: toolOf(req, body.object), query });
    const answer = Buffer.from(JSON.stringify({ object: 'search', results: results.map(resultOf) }));
    res.statusCode = 200;
    res.setHeader('content-type', 'application/json');
    res.setHeader('content-length', answer.length);
    res.end(answer);
  }

  #callOf(req: GatewayRequest, body: JsonBody, signal: AbortSignal): Call {
    const { trustedProxies, userHeaderName } = this.config.current.general;
    return {
      id: randomUUIDv7(),
      callId: req.callId,
      type: 'asearch',
      route: req.path.startsWith('/v1/') ? '/v1/search' : '/search',
      upstreamPath: '/search',
      caller: req.caller,
      model: 'search',
      body,
      ownFields: NOTHING,
      bodyBytes: body.bytes.length,
      stream: false,
      wantsUsage: false,
      timeoutMs: null,
      endUser: endUserOf(req.headers, body.object, userHeaderName),
      tags: req.caller.tags,
      clientAddress: new ClientAddresses(trustedProxies).of(req),
      startedAt: new Date(),
      startedAtMs: req.receivedAtMs,
      signal,
    };
  }
}

function toolOf(req: GatewayRequest, body: JsonObject): string {
  const name: unknown = req.params['tool'] ?? body['search_tool_name'];
  if (typeof name === 'string' && name !== '') return name;
  throw new BadRequestError(
    '`search_tool_name` is missing: name the search tool, here or in the path.',
    'search_tool_name',
  );
}

const resultOf = ({
  title,
  url,
  snippet,
  date,
}: Record<'title' | 'url' | 'snippet', string> & { date: string | null }) => ({
  title,
  url,
  snippet,
  date,
  last_updated: null,
});
