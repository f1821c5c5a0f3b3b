import { Controller, Get, Query } from '@nestjs/common';
import {
  Access,
  type Caller,
  CurrentCaller,
  type JsonObject,
  readDto,
  TextField,
  usdNumber,
} from '@app/call';
import { SpendReports } from '@app/spend';
import { readWhole } from './dto/query-numbers.js';
import { readDays } from './dto/report-period.js';
import { type KeySpendRow, SpendLists, type UserSpendRow } from './spend-lists.js';
import { visibleSpend } from './visible-spend.js';

class KeysParameters {
  @TextField() limit?: string;
}

class UsersParameters {
  @TextField() user_id?: string;
  @TextField() limit?: string;
}

class TagsParameters {
  @TextField() start_date?: string;
  @TextField() end_date?: string;
}

interface TagView {
  readonly individual_request_tag: string;
  readonly log_count: number;
  readonly total_spend: number;
}

const LIMIT = { min: 1, max: 10_000, fallback: 1_000 };

/** Who has spent how much in all. */
@Controller('spend')
export class SpendListsController {
  constructor(
    private readonly lists: SpendLists,
    private readonly reports: SpendReports,
  ) {}

  /** Keys, the dearest first. */
  @Get('keys')
  @Access('self')
  async keys(
    @Query() parameters: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<KeySpendRow[]> {
    const { limit } = readDto(KeysParameters, parameters as JsonObject);
    return this.lists.keys(visibleSpend({}, caller), readWhole('limit', limit, LIMIT));
  }

  /** Users, the dearest first. */
  @Get('users')
  @Access('self')
  async users(
    @Query() parameters: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<UserSpendRow[]> {
    const { user_id: userId, limit } = readDto(UsersParameters, parameters as JsonObject);
    const visible = visibleSpend({ ...(userId && { userId }) }, caller);
    // A key without a user has no user row.
    if (visible.keyHash !== undefined) return [];
    return this.lists.users(visible.userId ?? null, readWhole('limit', limit, LIMIT));
  }

  /** Tags of all time, or of a period. */
  @Get('tags')
  @Access('self')
  async tags(
    @Query() parameters: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<TagView[]> {
    const given = readDto(TagsParameters, parameters as JsonObject);
    const days = given.start_date || given.end_date ? readDays(given.start_date, given.end_date) : {};
    const sums = await this.reports.byLabel('tag', visibleSpend(days, caller));
    return sums.map(({ names, requests, picoUsd }) => ({
      individual_request_tag: names.label,
      log_count: requests,
      total_spend: usdNumber(picoUsd),
    }));
  }
}
