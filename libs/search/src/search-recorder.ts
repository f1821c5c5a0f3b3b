import { Injectable } from '@nestjs/common';
import { randomUUIDv7 } from 'node:crypto';
import { type ServerResponse } from 'node:http';
import { type Call, parseJsonBody } from '@app/call';
import { PipelineService } from '@app/pipeline';
import { type SearchHit, type SearchQuery } from './search-query.js';
import { SearchService } from './search.service.js';

export interface RecordedSearch {
  /** Its name in the configuration. */
  readonly tool: string;
  readonly query: SearchQuery;
}

/** Searches as calls of their own: admitted, on the books, told to the sinks. */
@Injectable()
export class SearchRecorder {
  constructor(
    private readonly searches: SearchService,
    private readonly pipeline: PipelineService,
  ) {}

  /**
   * @param call whose caller searches; its call id stands on the row
   * @throws BadRequestError for a tool that does not exist, UpstreamError, or what the limits refuse with
   */
  search(call: Call, client: ServerResponse, search: RecordedSearch): Promise<SearchHit[]> {
    const tool = this.searches.tool(search.tool);
    const own = searchCall(call, `${tool.provider}/search`, search.query);
    return this.pipeline.book(own, client, () => this.searches.search(tool, search.query, call.signal));
  }
}

function searchCall(call: Call, model: string, query: SearchQuery): Call {
  const bytes = Buffer.from(JSON.stringify({ query: query.text }));
  return {
    ...call,
    id: randomUUIDv7(),
    type: 'asearch',
    upstreamPath: '/search',
    model,
    body: parseJsonBody(bytes),
    bodyBytes: bytes.length,
    stream: false,
    wantsUsage: false,
    startedAt: new Date(),
    startedAtMs: performance.now(),
  };
}
