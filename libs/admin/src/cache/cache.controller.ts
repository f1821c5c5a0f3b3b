import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource } from 'typeorm';
import { type Actor, AuditLog, CurrentActor } from '@app/audit';
import { AnswerCache } from '@app/cache';
import { Access, GatewayError, ManagementBody, TextListField } from '@app/call';
import { required } from '../users/query-values.js';

/** Body of `POST /cache/delete`. */
export class CacheKeysDto {
  /** As `x-litellm-cache-key` told them. */
  @TextListField() keys?: string[] | null;
}

interface Done {
  readonly status: 'success';
}

/** Answers that are kept to be given again. */
@Controller('cache')
export class CacheController {
  constructor(
    private readonly cache: AnswerCache,
    private readonly audit: AuditLog,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  /** Whether answers are kept, and where. @throws GatewayError 503 where they are not */
  @Get('ping')
  @Access('admin')
  ping(): { status: 'healthy'; cache_type: string; ping_response: true; set_cache_response: 'success' } {
    return {
      status: 'healthy',
      cache_type: this.#kind(),
      ping_response: true,
      set_cache_response: 'success',
    };
  }

  /** Forgets single answers. */
  @Post('delete')
  @HttpCode(200)
  @Access('admin')
  delete(@ManagementBody(CacheKeysDto) { keys }: CacheKeysDto, @CurrentActor() actor: Actor): Promise<Done> {
    return this.#drop(required(keys, 'keys'), actor);
  }

  /** Forgets all. */
  @Post('flushall')
  @HttpCode(200)
  @Access('admin')
  flush(@CurrentActor() actor: Actor): Promise<Done> {
    return this.#drop(null, actor);
  }

  async #drop(keys: readonly string[] | null, actor: Actor): Promise<Done> {
    const entityId = this.#kind();
    await this.dataSource.transaction(async (manager) => {
      await this.cache.drop(keys);
      await this.audit.record(manager, actor, {
        action: keys ? 'cache.deleted' : 'cache.flushed',
        entity: 'cache',
        entityId,
        before: keys && { keys: [...keys] },
        after: null,
      });
    });
    return { status: 'success' };
  }

  #kind(): string {
    const { kind } = this.cache;
    if (kind === null)
      throw new GatewayError(503, 'cache_ping_error', 'No answers are kept: litellm_settings.cache is off.');
    return kind;
  }
}
