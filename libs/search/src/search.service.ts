import { Injectable, Logger } from '@nestjs/common';
import { BadRequestError } from '@app/call';
import { ConfigStore, type SearchToolEntry } from '@app/config';
import { UpstreamClient } from '@app/upstream';
import { type SearchHit, type SearchQuery } from './search-query.js';
import { searchSearxng } from './searxng.js';

const MAX_NAME_LENGTH = 100;

/** Searches the web with the tools of the configuration. */
@Injectable()
export class SearchService {
  private readonly logger = new Logger(SearchService.name);

  constructor(
    private readonly config: ConfigStore,
    private readonly upstream: UpstreamClient,
  ) {}

  get tools(): readonly SearchToolEntry[] {
    return this.config.current.searchTools;
  }

  /**
   * The tool of that name; several of one name share the load.
   * @throws BadRequestError naming those that there are
   */
  tool(name: string): SearchToolEntry {
    const named = this.tools.filter((tool) => tool.name === name);
    const chosen = named[Math.floor(Math.random() * named.length)];
    if (chosen) return chosen;
    const known = [...new Set(this.tools.map((tool) => tool.name))].join(', ') || 'none is configured';
    throw new BadRequestError(
      `Search tool '${name.slice(0, MAX_NAME_LENGTH)}' not found. Available: ${known}.`,
      'search_tool_name',
    );
  }

  /** @throws UpstreamError, ClientClosedRequestError */
  async search(tool: SearchToolEntry, query: SearchQuery, signal: AbortSignal): Promise<SearchHit[]> {
    try {
      return await searchSearxng(this.upstream, tool, query, signal);
    } catch (error) {
      if (!signal.aborted)
        this.logger.warn(`The search tool ${tool.name} failed: ${(error as Error).message}`);
      throw error;
    }
  }
}
