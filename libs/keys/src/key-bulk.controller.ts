import { Controller, HttpCode, Post } from '@nestjs/common';
import {
  Access,
  AuthenticationError,
  type Caller,
  CurrentCaller,
  GatewayError,
  type JsonObject,
  ManagementBody,
  readDto,
} from '@app/call';
import { type Actor, CurrentActor } from '@app/audit';
import { BulkUpdateDto, KeyChangeDto } from './dto/bulk-update.dto.js';
import { UpdateKeyDto } from './dto/update-key.dto.js';
import { DueRotations, type Successor } from './due-rotations.js';
import { type TokenView } from './key-view.js';
import { KeysService } from './keys.service.js';

/** One key that was changed, as it is now. */
interface Success {
  readonly key: string;
  readonly key_info: TokenView;
}

/** One key that was not, and why. */
interface Failure {
  readonly key: string;
  readonly key_info: null;
  readonly failed_reason: string;
}

/** How each of many changes went. */
interface BulkResult {
  readonly total_requested: number;
  readonly successful_updates: Success[];
  readonly failed_updates: Failure[];
}

/** Many keys at once, and what a key asks about itself after it was rotated. */
@Controller('key')
export class KeyBulkController {
  constructor(
    private readonly keys: KeysService,
    private readonly rotations: DueRotations,
  ) {}

  /** Each key for itself: one that cannot be changed does not keep the others from it. */
  @Post('bulk_update')
  @HttpCode(200)
  @Access('self')
  async update(
    @ManagementBody(BulkUpdateDto) { keys }: BulkUpdateDto,
    @CurrentActor() actor: Actor,
  ): Promise<BulkResult> {
    const successful: Success[] = [];
    const failed: Failure[] = [];
    for (const change of keys) {
      const outcome = await this.change(change, actor);
      if ('failed_reason' in outcome) failed.push(outcome);
      else successful.push(outcome);
    }
    return { total_requested: keys.length, successful_updates: successful, failed_updates: failed };
  }

  /** The credential that has replaced the one which asks, when the key was rotated by itself. */
  @Post('successor')
  @HttpCode(200)
  @Access('inference')
  successor(@CurrentCaller() caller: Caller): Promise<Successor> {
    if (caller.kind !== 'key')
      throw new AuthenticationError('Authentication Error, send the key whose successor you want.');
    return this.rotations.successorOf(caller.keyHash);
  }

  private async change(change: JsonObject, actor: Actor): Promise<Success | Failure> {
    const key = typeof change['key'] === 'string' ? change['key'] : '';
    try {
      const fields = readDto(KeyChangeDto, change);
      const view = await this.keys.update(Object.assign(new UpdateKeyDto(), fields), actor);
      return { key, key_info: view };
    } catch (error) {
      if (!(error instanceof GatewayError) || error.status >= 500 || error.status === 401) throw error;
      return { key, key_info: null, failed_reason: error.message };
    }
  }
}
