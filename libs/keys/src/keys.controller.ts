import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { Access, BadRequestError, ManagementBody } from '@app/call';
import { type Actor, CurrentActor } from '@app/audit';
import { DeleteKeyDto } from './dto/delete-key.dto.js';
import { asServiceAccount, GenerateKeyDto } from './dto/generate-key.dto.js';
import { NameKeyDto, RegenerateKeyDto, ResetSpendDto, UpdateKeyDto } from './dto/update-key.dto.js';
import { type GeneratedKeyView, type TokenView } from './key-view.js';
import { KeysService } from './keys.service.js';
import { SpendReset, type SpendResetView } from './spend-reset.js';

/** Changes of keys. The service decides what a caller may: users manage their own keys, team admins those of the team. */
@Controller('key')
export class KeysController {
  constructor(
    private readonly keys: KeysService,
    private readonly spend: SpendReset,
  ) {}

  @Post('generate')
  @HttpCode(200)
  @Access('self')
  generate(
    @ManagementBody(GenerateKeyDto) body: GenerateKeyDto,
    @CurrentActor() actor: Actor,
  ): Promise<GeneratedKeyView> {
    return this.keys.generate(body, actor);
  }

  /** A key of a team that belongs to nobody in it: what people may lose does not end with them. */
  @Post('service-account/generate')
  @HttpCode(200)
  @Access('admin')
  generateForService(
    @ManagementBody(GenerateKeyDto) body: GenerateKeyDto,
    @CurrentActor() actor: Actor,
  ): Promise<GeneratedKeyView> {
    return this.keys.generate(asServiceAccount(body), actor);
  }

  /** Answers with the whole row, and with the key as it was named. */
  @Post('update')
  @HttpCode(200)
  @Access('self')
  async update(
    @ManagementBody(UpdateKeyDto) body: UpdateKeyDto,
    @CurrentActor() actor: Actor,
  ): Promise<TokenView & { key: string }> {
    const view = await this.keys.update(body, actor);
    return { key: body.key ?? view.token, ...view };
  }

  @Post('delete')
  @HttpCode(200)
  @Access('self')
  async delete(
    @ManagementBody(DeleteKeyDto) body: DeleteKeyDto,
    @CurrentActor() actor: Actor,
  ): Promise<{ deleted_keys: string[] }> {
    return { deleted_keys: await this.keys.delete(body, actor) };
  }

  @Post('regenerate')
  @HttpCode(200)
  @Access('self')
  regenerate(
    @ManagementBody(RegenerateKeyDto) body: RegenerateKeyDto,
    @CurrentActor() actor: Actor,
  ): Promise<GeneratedKeyView> {
    return this.keys.regenerate(body, actor);
  }

  @Post(':key/regenerate')
  @HttpCode(200)
  @Access('self')
  regenerateNamed(
    @Param('key') key: string,
    @ManagementBody(RegenerateKeyDto) body: RegenerateKeyDto,
    @CurrentActor() actor: Actor,
  ): Promise<GeneratedKeyView> {
    if (body.key && body.key !== key) throw new BadRequestError('Path and body name different keys.', 'key');
    return this.keys.regenerate(Object.assign(body, { key }), actor);
  }

  /** Sets what the key has spent; the log of its calls is left as it is. */
  @Post(':key/reset_spend')
  @HttpCode(200)
  @Access('self')
  resetSpend(
    @Param('key') key: string,
    @ManagementBody(ResetSpendDto) body: ResetSpendDto,
    @CurrentActor() actor: Actor,
  ): Promise<SpendResetView> {
    return this.spend.reset(key, body.reset_to, actor);
  }

  @Post('block')
  @HttpCode(200)
  @Access('self')
  block(@ManagementBody(NameKeyDto) body: NameKeyDto, @CurrentActor() actor: Actor): Promise<TokenView> {
    return this.keys.block(body.key, true, actor);
  }

  @Post('unblock')
  @HttpCode(200)
  @Access('self')
  unblock(@ManagementBody(NameKeyDto) body: NameKeyDto, @CurrentActor() actor: Actor): Promise<TokenView> {
    return this.keys.block(body.key, false, actor);
  }
}
