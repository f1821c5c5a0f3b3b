import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import {
  Access,
  AuthenticationError,
  BadRequestError,
  type Caller,
  CurrentCaller,
  ManagementBody,
} from '@app/call';
import { KeysInfoDto } from './dto/delete-key.dto.js';
import { type KeyPage } from './key-list.js';
import { readKeyListQuery } from './key-list.query.js';
import { type KeyView } from './key-view.js';
import { KeysService } from './keys.service.js';

const MAX_KEYS = 100;

/** What keys are; nobody sees a key that is not his. */
@Controller()
export class KeyInfoController {
  constructor(private readonly keys: KeysService) {}

  /** Without `key`: the caller's own. */
  @Get('key/info')
  @Access('self')
  async info(
    @Query('key') key: unknown,
    @CurrentCaller() caller: Caller,
  ): Promise<{ key: string; info: KeyView }> {
    if (key !== undefined && typeof key !== 'string') throw new BadRequestError('Send `key` once.', 'key');
    const identifier = key || caller.keyHash;
    return { key: identifier, info: await this.keys.info(identifier, caller) };
  }

  @Post('v2/key/info')
  @HttpCode(200)
  @Access('self')
  async several(
    @ManagementBody(KeysInfoDto) { keys }: KeysInfoDto,
    @CurrentCaller() caller: Caller,
  ): Promise<{ key: readonly string[]; info: KeyView[] }> {
    if (!keys || keys.length === 0 || keys.length > MAX_KEYS)
      throw new BadRequestError(`Name 1 to ${MAX_KEYS} keys in \`keys\`.`, 'keys');
    const info: KeyView[] = [];
    for (const key of keys) info.push(await this.keys.info(key, caller));
    return { key: keys, info };
  }

  @Get('key/list')
  @Access('self')
  list(@Query() parameters: Record<string, unknown>, @CurrentCaller() caller: Caller): Promise<KeyPage> {
    return this.keys.page(readKeyListQuery(parameters), caller);
  }

  /** Of the keys that the caller may see, in order. */
  @Get('key/aliases')
  @Access('self')
  async aliases(@CurrentCaller() caller: Caller): Promise<{ aliases: readonly string[] }> {
    return { aliases: await this.keys.aliases(caller) };
  }

  /** The key that asks is healthy: otherwise it would not have come here. */
  @Post('key/health')
  @HttpCode(200)
  @Access('self')
  health(@CurrentCaller() caller: Caller): { key: 'healthy'; logging_callbacks: null } {
    if (caller.kind === 'anonymous')
      throw new AuthenticationError('Authentication Error, No api key passed in.');
    return { key: 'healthy', logging_callbacks: null };
  }
}
