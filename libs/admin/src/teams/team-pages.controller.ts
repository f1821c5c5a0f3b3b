import { Controller, Get, Query } from '@nestjs/common';
import { Access, type Caller, CurrentCaller } from '@app/call';
import { type Query as Parameters } from '../users/query-values.js';
import { TeamViews } from './team-views.js';

@Controller('v2/team')
export class TeamPagesController {
  constructor(private readonly views: TeamViews) {}

  @Get('list')
  @Access('self')
  list(@Query() query: Parameters, @CurrentCaller() caller: Caller) {
    return this.views.page(query, caller);
  }
}
