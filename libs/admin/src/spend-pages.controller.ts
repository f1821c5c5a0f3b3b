import { Controller, Get, Query, Res } from '@nestjs/common';
import { Access, type Caller, CurrentCaller } from '@app/call';
import { type SpendLogFilter, type SpendLogRow, SpendLogs } from '@app/spend';
import { type Response } from 'express';
import { readSpendPageQuery } from './dto/spend-page.query.js';
import { CSV_HEAD, csvLine } from './spend-csv.js';
import { visibleSpend } from './visible-spend.js';

/** A page as LiteLLM answers it. */
interface SpendPageView {
  readonly data: readonly SpendLogRow[];
  readonly total: number;
  readonly page: number;
  readonly page_size: number;
  readonly total_pages: number;
  /** Ours: there are more than `total`. */
  readonly total_is_capped: boolean;
  /** Ours: `cursor` of the page that follows, however deep; null where there is none. */
  readonly next_cursor: string | null;
}

const EXPORT_PAGE = 1_000;

@Controller('spend/logs')
export class SpendPagesController {
  constructor(private readonly logs: SpendLogs) {}

  /** Rows of a period, page by page. */
  @Get(['v2', 'ui'])
  @Access('self')
  async page(
    @Query() parameters: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<SpendPageView> {
    const { filter, page, pageSize, sort, ascending, cursor } = readSpendPageQuery(parameters);
    const visible = visibleSpend<SpendLogFilter>(filter, caller);
    const offset = cursor === null ? (page - 1) * pageSize : 0;
    const [found, count] = await Promise.all([
      this.logs.page(visible, {
        limit: pageSize,
        offset,
        sort,
        ascending,
        ...(cursor !== null && { cursor }),
      }),
      this.logs.count(visible),
    ]);
    return {
      data: found.rows,
      total: count.rows,
      page,
      page_size: pageSize,
      total_pages: Math.ceil(count.rows / pageSize),
      total_is_capped: count.isCapped,
      next_cursor: found.next,
    };
  }

  /** Every row of a period as CSV, newest first; read as the client takes it. */
  @Get('export')
  @Access('self')
  async export(
    @Query() parameters: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
    @Res() response: Response,
  ): Promise<void> {
    const { filter } = readSpendPageQuery(parameters);
    const visible = visibleSpend<SpendLogFilter>(filter, caller);
    let page = await this.logs.page(visible, { limit: EXPORT_PAGE });
    response.setHeader('content-type', 'text/csv; charset=utf-8');
    response.setHeader('content-disposition', 'attachment; filename="spend-logs.csv"');
    response.setHeader('cache-control', 'no-store');
    response.write(CSV_HEAD);
    try {
      for (;;) {
        await send(response, page.rows.map(csvLine).join(''));
        if (page.next === null || response.destroyed) break;
        page = await this.logs.page(visible, { limit: EXPORT_PAGE, cursor: page.next });
      }
      response.end();
    } catch {
      // The head has left: a file that breaks off must not look whole.
      response.destroy();
    }
  }
}

async function send(response: Response, text: string): Promise<void> {
  if (response.write(text) || response.destroyed) return;
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      response.off('drain', goOn).off('close', goOn);
      resolve();
    };
    response.on('drain', goOn).on('close', goOn);
  });
}
