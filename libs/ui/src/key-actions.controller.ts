import { Get, HttpCode, Param, Post } from '@nestjs/common';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, NotFoundError, readDto } from '@app/call';
import { ConfigStore } from '@app/config';
import { KeysService, type KeyView, RegenerateKeyDto, UpdateKeyDto } from '@app/keys';
import { changesOf } from './forms/form-body.js';
import { type Field } from './forms/form-field.js';
import { type FilledForm, formPage, type FormWords } from './forms/form-page.js';
import { submitForm } from './forms/submit-form.js';
import { keyCreatedView } from './key-created.view.js';
import { keyFields, keySections, valuesOfKey } from './key-form.js';
import { mayChange, requireMinter } from './key-visitor.js';
import { shownKeyName } from './keys.view.js';
import { ModelNames } from './model-names.js';
import { OpenTo } from './page-access.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { paths } from './paths.js';
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
    private readonly models: ModelNames,
    private readonly config: ConfigStore,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/keys/:hash/edit')
  @Access('public')
  @OpenTo('holder')
  async edit(@CurrentVisit() visit: Visit, @Param('hash') hash: string): Promise<void> {
    const key = await this.changeable(visit, hash);
    this.editForm(visit, hash, key, { values: valuesOfKey(fieldsFor(visit), key) });
  }

  @Post('ui/keys/:hash/edit')
  @HttpCode(200)
  @Access('public')
  @OpenTo('holder')
  async save(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Param('hash') hash: string,
  ): Promise<void> {
    const key = await this.changeable(visit, hash);
    const fields = fieldsFor(visit);
    const refused = await submitForm(fields, visit.form, async (values) => {
      const changes = changesOf(fields, valuesOfKey(fields, key), values);
      await this.keys.update(readDto(UpdateKeyDto, { ...changes, key: hash }), actor);
      this.writer.done(visit.res, paths.key(hash), 'saved');
    });
    if (refused) this.editForm(visit, hash, key, refused);
  }

  @Post('ui/keys/:hash/block')
  @Access('public')
  @OpenTo('holder')
  async block(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Param('hash') hash: string,
  ): Promise<void> {
    await this.changeable(visit, hash);
    const isBlocked = visit.form.text('blocked') === 'true';
    await this.keys.block(hash, isBlocked, actor);
    this.writer.done(visit.res, paths.key(hash), isBlocked ? 'blocked' : 'unblocked');
  }

  @Get('ui/keys/:hash/rotate')
  @Access('public')
  @OpenTo('holder')
  async askRotate(@CurrentVisit() visit: Visit, @Param('hash') hash: string): Promise<void> {
    const key = await this.changeable(visit, hash);
    this.writer.send(visit, 'key-rotate', {
      title: 'Rotate key',
      section: 'keys',
      name: nameOf(key),
      action: paths.rotateKey(hash),
      back: { href: paths.key(hash) },
      graces: GRACES,
    });
  }

  @Post('ui/keys/:hash/rotate')
  @HttpCode(200)
  @Access('public')
  @OpenTo('holder')
  async rotate(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Param('hash') hash: string,
  ): Promise<void> {
    await this.changeable(visit, hash);
    const grace = visit.form.text('grace');
    const dto = readDto(RegenerateKeyDto, { key: hash, ...(grace && { grace_period: grace }) });
    const made = await this.keys.regenerate(dto, actor);
    const address = publicAddress(this.config.current, visit.req);
    const view = keyCreatedView(made, { address, models: this.models.all() });
    this.writer.send(visit, 'key-created', { title: 'Key rotated', section: 'keys', ...view });
  }

  @Get('ui/keys/:hash/delete')
  @Access('public')
  @OpenTo('holder')
  async askDelete(@CurrentVisit() visit: Visit, @Param('hash') hash: string): Promise<void> {
    const name = nameOf(await this.changeable(visit, hash));
    this.writer.send(visit, 'confirm', {
      title: 'Delete key',
      section: 'keys',
      name,
      heading: `Delete the key ${name}?`,
      consequences: [
        'Calls with it get 401 within one second. Calls that are running finish.',
        'Its usage and logs stay.',
        'A deleted key cannot be brought back; create a new one instead.',
      ],
      milder: 'Only want to pause it? Blocking keeps the key and its limits.',
      deed: 'Delete key',
      action: paths.deleteKey(hash),
      back: { href: paths.key(hash) },
    });
  }

  @Post('ui/keys/:hash/delete')
  @Access('public')
  @OpenTo('holder')
  async delete(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Param('hash') hash: string,
  ): Promise<void> {
    await this.changeable(visit, hash);
    await this.keys.delete({ keys: [hash] }, actor);
    this.writer.done(visit.res, paths.keys, 'deleted');
  }

  /** For who may not change it the page does not exist. @throws NotFoundError */
  private async changeable({ visitor }: Visit, hash: string): Promise<KeyView> {
    requireMinter(visitor);
    const key = await this.keys.info(hash, visitor.caller);
    if (!mayChange(visitor, key)) throw new NotFoundError('There is no such page.');
    return key;
  }

  private editForm(visit: Visit, hash: string, key: KeyView, state: FilledForm): void {
    const { isAdmin } = visit.visitor;
    const sections = keySections({ models: this.models.all(), isNew: false, isAdmin });
    const words: FormWords = {
      title: 'Edit key',
      section: 'keys',
      crumb: { href: paths.key(hash), label: nameOf(key) },
      heading: 'Edit the key',
      intro: 'Changes hold from the next call on.',
      refused: 'The key was not changed.',
      action: paths.editKey(hash),
      submit: 'Save changes',
    };
    this.writer.send(visit, 'form', formPage(words, sections, state));
  }
}

const fieldsFor = ({ visitor }: Visit): Field[] => keyFields({ isNew: false, isAdmin: visitor.isAdmin });

const nameOf = ({ key_alias, key_name }: KeyView): string => key_alias ?? shownKeyName(key_name);
