import { Controller, Get, Query, Res } from '@nestjs/common';
import { Access, type Caller, CurrentCaller } from '@app/call';
import { type SpendLogRow, SpendLogs } from '@app/spend';
import { type Response } from 'express';
import { readSpendLogsQuery, type SpendLogsQuery } from './dto/spend-logs.query.js';
import { type DayView, toDayViews } from './spend-logs.view.js';
import { hashOf, type SpendOwner, visibleSpend } from './visible-spend.js';

/** Without a filter the answer would be every row that there is. */
const UNFILTERED_ROWS = 1_000;
const FILTERED_ROWS = 10_000;
/** Set to `true` when the answer is not all that there is. */
const MORE_HEADER = 'x-spend-logs-truncated';

@Controller('spend')
export class SpendLogsController {
  constructor(private readonly logs: SpendLogs) {}

  /** Rows, newest first; with both dates and without `summarize=false`, sums per day. */
  @Get('logs')
  @Access('self')
  async list(
    @Query() parameters: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SpendLogRow[] | DayView[]> {
    const query = readSpendLogsQuery(parameters);
    const { startDate, endDate, summarize, requestId } = query;
    const visible = visibleSpend(wishOf(query), caller);
    if (startDate && endDate && summarize && requestId === undefined) {
      return toDayViews(await this.logs.daily(visible), startDate, endDate);
    }
    const isFiltered = Object.keys(visible).length > 0;
    const limit = isFiltered ? FILTERED_ROWS : UNFILTERED_ROWS;
    const rows = await this.logs.find({
      ...visible,
      ...(requestId !== undefined && { requestId }),
      limit: limit + 1,
    });
    if (rows.length > limit) response.setHeader(MORE_HEADER, 'true');
    return rows.slice(0, limit);
  }
}

interface Visible extends SpendOwner {
  readonly startDate?: Date;
  readonly endDate?: Date;
}

/** Whose rows and when; nothing else narrows. */
function wishOf({ key, userId, startDate, endDate }: SpendLogsQuery): Visible {
  return {
    ...(key !== undefined && { keyHash: hashOf(key) }),
    ...(userId !== undefined && { userId }),
    ...(startDate && { startDate }),
    ...(endDate && { endDate }),
  };
}
