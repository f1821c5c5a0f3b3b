import { Controller, Get, Query } from '@nestjs/common';
import { Access } from '@app/call';
import { AuditReader, type AuditView } from './audit-reader.js';
import { readAnchor, readAuditQuery } from './audit.query.js';
import { type ChainReport } from './chain-check.js';

interface AuditPage {
  readonly entries: AuditView[];
  /** Send it as `before_id` for the next page; null on the last one. */
  readonly next_before_id: number | null;
}

@Controller('audit')
export class AuditController {
  constructor(private readonly audit: AuditReader) {}

  /** Newest first. */
  @Get()
  @Access('admin')
  async list(@Query() parameters: Record<string, unknown>): Promise<AuditPage> {
    const filter = readAuditQuery(parameters);
    const found = await this.audit.find({ ...filter, limit: filter.limit + 1 });
    const entries = found.slice(0, filter.limit);
    return { entries, next_before_id: found.length > filter.limit ? (entries.at(-1)?.id ?? null) : null };
  }

  /** Whether the chain holds; with `id` and `seal` of an earlier check, whether all of then is still there. */
  @Get('verify')
  @Access('admin')
  verify(@Query() parameters: Record<string, unknown>): Promise<ChainReport> {
    return this.audit.verify(readAnchor(parameters));
  }
}
