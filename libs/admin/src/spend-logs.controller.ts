import { hash } from 'node:crypto';
import { Controller, Get, Query, Res } from '@nestjs/common';
import { Access, type Caller, CurrentCaller } from '@app/call';
import { type SpendLogRow, SpendLogs } from '@app/spend';
import { type Response } from 'express';
import { readSpendLogsQuery, type SpendLogsQuery } from './dto/spend-logs.query.js';
import { type DayView, toDayViews } from './spend-logs.view.js';

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
    const visible = visibleTo(caller, query);
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

interface Visible {
  readonly keyHash?: string;
  readonly userId?: string;
  readonly startDate?: Date;
  readonly endDate?: Date;
}

/** Administrators see everything; a user what its keys have spent; a key without a user its own rows. */
function visibleTo(caller: Caller, { key, userId, startDate, endDate }: SpendLogsQuery): Visible {
  const keyHash = key === undefined ? undefined : hashOf(key);
  const isAdmin =
    caller.kind === 'master' || caller.role === 'proxy_admin' || caller.role === 'proxy_admin_viewer';
  const user = isAdmin ? userId : (caller.userId ?? undefined);
  const isBoundToKey = !isAdmin && caller.userId === null;
  const hashes = isBoundToKey ? caller.keyHash : keyHash;
  return {
    ...(hashes !== undefined && { keyHash: hashes }),
    ...(user !== undefined && { userId: user }),
    ...(startDate && { startDate }),
    ...(endDate && { endDate }),
  };
}

function hashOf(key: string): string {
  return key.startsWith('sk-') ? hash('sha256', key, 'hex') : key;
}
