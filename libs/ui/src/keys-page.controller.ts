import { Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Directory } from '@app/admin';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, readDto } from '@app/call';
import { ConfigStore } from '@app/config';
import { GenerateKeyDto, KeysService } from '@app/keys';
import { LimitsService } from '@app/limits';
import { newBody } from './forms/form-body.js';
import { type FilledForm, formPage, type FormWords } from './forms/form-page.js';
import { submitForm } from './forms/submit-form.js';
import { keyCreatedView } from './key-created.view.js';
import { keyFields, keySections, presetValues } from './key-form.js';
import { keyView } from './key-page.view.js';
import { KEY_PRESETS, presetLinks } from './key-presets.js';
import { KEY_FILTERS, keysView } from './keys.view.js';
import { mayChange, mayMint, requireMinter } from './key-visitor.js';
import { ModelNames } from './model-names.js';
import { readListQuery } from './owners/list-query.js';
import { OwnerActivity } from './owners/owner-activity.js';
import { OpenTo } from './page-access.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { paths } from './paths.js';
import { publicAddress } from './public-address.js';
import { type Visit, type Visitor } from './visitor.js';

const MAX_ID = 500;

/** Keys: found, made, looked at. */
@Pages()
export class KeysPageController {
  @Inject(Directory) private readonly directory!: Directory;
  @Inject(LimitsService) private readonly limits!: LimitsService;
  @Inject(ConfigStore) private readonly config!: ConfigStore;

  constructor(
    private readonly keys: KeysService,
    private readonly activity: OwnerActivity,
    private readonly models: ModelNames,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/keys')
  @Access('public')
  @OpenTo('holder')
  async index(@CurrentVisit() visit: Visit): Promise<void> {
    const query = readListQuery(visit.query, KEY_FILTERS);
    const { visitor } = visit;
    const own = { ...query, filters: { ...query.filters, ...ownKeys(visitor) } };
    const [{ rows: keys, next }, count] = await Promise.all([
      this.directory.keysPage(own),
      visitor.isAdmin ? this.directory.count('key') : null,
    ]);
    const view = keysView({
      query,
      keys,
      next,
      count,
      mayCreate: mayMint(visitor),
      done: visit.query.get('done'),
    });
    this.writer.send(visit, 'keys', { title: 'Keys', section: 'keys', ...view });
  }

  @Get('ui/keys/new')
  @Access('public')
  @OpenTo('holder')
  blank(@CurrentVisit() visit: Visit): void {
    requireMinter(visit.visitor);
    const preset = KEY_PRESETS.find(({ name }) => name === visit.query.get('preset')) ?? null;
    const named = (name: string): string =>
      (visit.query.get(name) ?? '').replaceAll('\0', '').toWellFormed().slice(0, MAX_ID);
    const owner = { user_id: named('user'), team_id: named('team') };
    this.form(visit, { values: presetValues(preset, owner) }, preset?.name ?? '');
  }

  @Post('ui/keys/new')
  @HttpCode(200)
  @Access('public')
  @OpenTo('holder')
  async create(@CurrentVisit() visit: Visit, @CurrentActor() actor: Actor): Promise<void> {
    const { visitor } = visit;
    requireMinter(visitor);
    const fields = keyFields({ isNew: true, isAdmin: visitor.isAdmin });
    const refused = await submitForm(fields, visit.form, async (values) => {
      const owner = visitor.isAdmin ? {} : { user_id: visitor.caller.userId };
      const dto = readDto(GenerateKeyDto, { ...newBody(fields, values), ...owner });
      const made = await this.keys.generate(dto, actor);
      const address = publicAddress(this.config.current, visit.req);
      const view = keyCreatedView(made, { address, models: this.models.all() });
      this.writer.send(visit, 'key-created', { title: 'Key created', section: 'keys', ...view });
    });
    if (refused) this.form(visit, refused);
  }

  @Get('ui/keys/:hash')
  @Access('public')
  @OpenTo('holder')
  async show(@CurrentVisit() visit: Visit, @Param('hash') hash: string): Promise<void> {
    const { visitor } = visit;
    const info = await this.keys.info(hash, visitor.caller);
    const [[key], activity] = await Promise.all([
      this.directory.keysWithSpend([{ ...info, token: hash }]),
      this.activity.of({ keyHash: hash }),
    ]);
    const view = keyView({
      key: key ?? { ...info, token: hash },
      spentInAll: info.spend,
      left: this.limits.left(`key:${hash}`),
      activity,
      mayWrite: mayChange(visitor, info),
      isAdmin: visitor.isAdmin,
      done: visit.query.get('done'),
    });
    this.writer.send(visit, 'key', { title: info.key_alias ?? info.key_name, section: 'keys', ...view });
  }

  private form(visit: Visit, state: FilledForm, preset = ''): void {
    const { isAdmin } = visit.visitor;
    const sections = keySections({ models: this.models.all(), isNew: true, isAdmin });
    const words: FormWords = {
      section: 'keys',
      crumb: { href: paths.keys, label: 'Keys' },
      heading: 'Create a key',
      intro: 'Only the name is needed. Everything else can stay empty.',
      refused: 'The key was not created.',
      presets: presetLinks(preset),
      action: paths.newKey,
      submit: 'Create key',
      note: 'The key is shown once, on the next page.',
    };
    this.writer.send(visit, 'form', formPage(words, sections, state));
  }
}

/** Of a user all keys; who holds a key that stands for nobody sees that one. */
function ownKeys({ isAdmin, caller }: Visitor): Readonly<Record<string, string>> {
  if (isAdmin) return {};
  return caller.userId === null ? { hash: caller.keyHash } : { user: caller.userId };
}
