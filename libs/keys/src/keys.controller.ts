import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { Access, BadRequestError, type Caller, CurrentCaller, ManagementBody } from '@app/call';
import { DeleteKeyDto } from './dto/delete-key.dto.js';
import { GenerateKeyDto } from './dto/generate-key.dto.js';
import { type GeneratedKeyView, type KeyView } from './key-view.js';
import { KeysService } from './keys.service.js';

@Controller('key')
export class KeysController {
  constructor(private readonly keys: KeysService) {}

  @Post('generate')
  @HttpCode(200)
  @Access('admin')
  generate(
    @ManagementBody(GenerateKeyDto) body: GenerateKeyDto,
    @CurrentCaller() caller: Caller,
  ): Promise<GeneratedKeyView> {
    return this.keys.generate(body, caller);
  }

  @Post('delete')
  @HttpCode(200)
  @Access('admin')
  async delete(@ManagementBody(DeleteKeyDto) body: DeleteKeyDto): Promise<{ deleted_keys: string[] }> {
    return { deleted_keys: await this.keys.delete(body) };
  }

  /** Without `key`: the caller's own. */
  @Get('info')
  @Access('self')
  async info(
    @Query('key') key: unknown,
    @CurrentCaller() caller: Caller,
  ): Promise<{ key: string; info: KeyView }> {
    if (key !== undefined && typeof key !== 'string') throw new BadRequestError('Send `key` once.', 'key');
    const identifier = key || caller.keyHash;
    return { key: identifier, info: await this.keys.info(identifier, caller) };
  }
}
