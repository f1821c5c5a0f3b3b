import { Get } from '@nestjs/common';
import { Access } from '@app/call';
import { LiveFeed } from './live-feed.js';
import { filterOf } from './logs-page.controller.js';
import { OpenTo } from './page-access.js';
import { CurrentVisit, Pages } from './pages.js';
import { readLogQuery } from './read-log-query.js';
import { type Visit } from './visitor.js';

/** News for open pages; the pages themselves are read again by whoever hears of them. */
@Pages()
export class LiveController {
  constructor(private readonly feed: LiveFeed) {}

  /** Takes the filters of the logs. */
  @Get('ui/live')
  @Access('public')
  @OpenTo('holder')
  async follow(@CurrentVisit() { query, visitor, res }: Visit): Promise<void> {
    await this.feed.follow(filterOf(readLogQuery(query), visitor), res, visitor.caller.keyHash);
  }
}
