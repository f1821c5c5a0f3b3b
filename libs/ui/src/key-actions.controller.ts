import { Get, HttpCode, Param, Post } from '@nestjs/common';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, GatewayError, readDto } from '@app/call';
import { ConfigStore } from '@app/config';
import { KeysService, RegenerateKeyDto, UpdateKeyDto } from '@app/keys';
import { RoutingService } from '@app/routing';
import { keyCreatedView } from './key-created.view.js';
import { keyEditView } from './key-edit.view.js';
import {
  changesOf,
  fieldsOf,
  type KeyFields,
  type KeyMistakes,
  mistakesIn,
  postedFields,
} from './key-form.js';
import { mistakesOf } from './key-mistakes.js';
import { shownKeyName } from './keys.view.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { paths, withQuery } from './paths.js';
import { publicAddress } from './public-address.js';
import { type Visit } from './visitor.js';

const GRACES = [
  { value: '', label: 'It stops at once' },
  { value: '1h', label: 'For an hour' },
  { value: '24h', label: 'For a day' },
  { value: '7d', label: 'For a week' },
];

/** What is done to a key: edited, blocked, rotated, deleted. */
@Pages()
export class KeyActionsController {
  constructor(
    private readonly keys: KeysService,
    private readonly routing: RoutingService,
    private readonly config: ConfigStore,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/keys/:hash/edit')
  @Access('public')
  async edit(@CurrentVisit() visit: Visit, @Param('hash') hash: string): Promise<void> {
    const key = await this.keys.info(hash, visit.visitor.caller);
    this.editForm(visit, { hash, fields: fieldsOf(key) });
  }

  @Post('ui/keys/:hash/edit')
  @HttpCode(200)
  @Access('public')
  async save(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Param('hash') hash: string,
  ): Promise<void> {
    const key = await this.keys.info(hash, visit.visitor.caller);
    const fields = postedFields(visit.form);
    const mistakes = mistakesIn(fields);
    if (Object.keys(mistakes).length > 0) {
      this.editForm(visit, { hash, fields, mistakes });
      return;
    }
    try {
      const changes = changesOf(fieldsOf(key), fields);
      await this.keys.update(readDto(UpdateKeyDto, { key: hash, ...changes }), actor);
      this.writer.redirect(visit.res, withQuery(paths.key(hash), { done: 'saved' }));
    } catch (error) {
      if (!(error instanceof GatewayError) || error.status >= 500) throw error;
      this.editForm(visit, { hash, fields, ...mistakesOf(error) });
    }
  }

  @Post('ui/keys/:hash/block')
  @Access('public')
  async block(
    @CurrentVisit() { res, form }: Visit,
    @CurrentActor() actor: Actor,
    @Param('hash') hash: string,
  ): Promise<void> {
    const isBlocked = form.text('blocked') === 'true';
    await this.keys.block(hash, isBlocked, actor);
    this.writer.redirect(res, withQuery(paths.key(hash), { done: isBlocked ? 'blocked' : 'unblocked' }));
  }

  @Get('ui/keys/:hash/rotate')
  @Access('public')
  async askRotate(@CurrentVisit() visit: Visit, @Param('hash') hash: string): Promise<void> {
    const key = await this.keys.info(hash, visit.visitor.caller);
    this.writer.send(visit, 'key-rotate', {
      title: 'Rotate key',
      section: 'keys',
      name: key.key_alias ?? shownKeyName(key.key_name),
      action: paths.rotateKey(hash),
      back: { href: paths.key(hash) },
      graces: GRACES,
    });
  }

  @Post('ui/keys/:hash/rotate')
  @HttpCode(200)
  @Access('public')
  async rotate(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Param('hash') hash: string,
  ): Promise<void> {
    const grace = visit.form.text('grace');
    const dto = readDto(RegenerateKeyDto, { key: hash, ...(grace && { grace_period: grace }) });
    const made = await this.keys.regenerate(dto, actor);
    const address = publicAddress(this.config.current, visit.req);
    const view = keyCreatedView(made, { address, models: [...this.routing.table.listed.keys()] });
    this.writer.send(visit, 'key-created', { title: 'Key rotated', section: 'keys', ...view });
  }

  @Get('ui/keys/:hash/delete')
  @Access('public')
  async askDelete(@CurrentVisit() visit: Visit, @Param('hash') hash: string): Promise<void> {
    const key = await this.keys.info(hash, visit.visitor.caller);
    this.writer.send(visit, 'key-delete', {
      title: 'Delete key',
      section: 'keys',
      name: key.key_alias ?? shownKeyName(key.key_name),
      action: paths.deleteKey(hash),
      back: { href: paths.key(hash) },
    });
  }

  @Post('ui/keys/:hash/delete')
  @Access('public')
  async delete(
    @CurrentVisit() { res }: Visit,
    @CurrentActor() actor: Actor,
    @Param('hash') hash: string,
  ): Promise<void> {
    await this.keys.delete({ keys: [hash] }, actor);
    this.writer.redirect(res, withQuery(paths.keys, { done: 'deleted' }));
  }

  private editForm(
    visit: Visit,
    page: { hash: string; fields: KeyFields; mistakes?: KeyMistakes; general?: string },
  ): void {
    const { hash, fields, mistakes = {}, general = '' } = page;
    const models = [...this.routing.table.listed.keys()];
    const view = keyEditView({ fields, mistakes, general, models, preset: '' }, hash);
    const isWrong = Object.keys(mistakes).length > 0 || general !== '';
    this.writer.send(visit, 'key-edit', {
      title: 'Edit key',
      section: 'keys',
      httpStatus: isWrong ? 422 : 200,
      ...view,
    });
  }
}
