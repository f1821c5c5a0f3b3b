import { Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Access, GatewayError, NotFoundError, readDto } from '@app/call';
import { type Actor, CurrentActor } from '@app/audit';
import { ConfigStore } from '@app/config';
import { GenerateKeyDto, KeysService } from '@app/keys';
import { RoutingService } from '@app/routing';
import { SpendLogs } from '@app/spend';
import {
  keyBody,
  type KeyFields,
  type KeyMistakes,
  mistakesIn,
  postedFields,
  presetFields,
} from './key-form.js';
import { keyFormView } from './key-form.view.js';
import { KeyListReader, type KeyState } from './key-list-reader.js';
import { keyCreatedView } from './key-created.view.js';
import { keyView } from './key-page.view.js';
import { KEY_PRESETS } from './key-presets.js';
import { keysView } from './keys.view.js';
import { mistakesOf } from './key-mistakes.js';
import { OpenTo } from './page-access.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { publicAddress } from './public-address.js';
import { type Visit, type Visitor } from './visitor.js';

const RECENT_CALLS = 10;
const STATES: readonly string[] = ['active', 'blocked', 'expired', 'spent'];

/** Keys: found, made, looked at. */
@Pages()
export class KeysPageController {
  @Inject(SpendLogs)
  private readonly logs!: SpendLogs;

  @Inject(ConfigStore)
  private readonly config!: ConfigStore;

  constructor(
    private readonly keys: KeysService,
    private readonly list: KeyListReader,
    private readonly routing: RoutingService,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/keys')
  @Access('public')
  @OpenTo('holder')
  async index(@CurrentVisit() visit: Visit): Promise<void> {
    const state = visit.query.get('state') ?? '';
    const query = {
      search: (visit.query.get('q') ?? '').replaceAll('\0', '').toWellFormed().trim().slice(0, 200),
      state: STATES.includes(state) ? (state as KeyState) : null,
      after: visit.query.get('after'),
      ...ownKeys(visit.visitor),
    };
    const [page, count] = await Promise.all([
      this.list.page(query),
      visit.visitor.isAdmin ? this.list.count() : null,
    ]);
    const view = keysView({
      query,
      ...page,
      count,
      mayCreate: mayMint(visit.visitor),
      done: visit.query.get('done') ?? '',
    });
    this.writer.send(visit, 'keys', { title: 'Keys', section: 'keys', ...view });
  }

  @Get('ui/keys/new')
  @Access('public')
  @OpenTo('holder')
  blank(@CurrentVisit() visit: Visit): void {
    requireMinter(visit.visitor);
    const preset = KEY_PRESETS.find(({ name }) => name === visit.query.get('preset')) ?? null;
    this.form(visit, { fields: presetFields(preset), preset: preset?.name ?? '' });
  }

  @Post('ui/keys/new')
  @HttpCode(200)
  @Access('public')
  @OpenTo('holder')
  async create(@CurrentVisit() visit: Visit, @CurrentActor() actor: Actor): Promise<void> {
    requireMinter(visit.visitor);
    const fields = this.postedBy(visit);
    const mistakes = mistakesIn(fields);
    if (Object.keys(mistakes).length > 0) {
      this.form(visit, { fields, mistakes });
      return;
    }
    try {
      const made = await this.keys.generate(readDto(GenerateKeyDto, keyBody(fields)), actor);
      const address = publicAddress(this.config.current, visit.req);
      const view = keyCreatedView(made, { address, models: this.modelNames() });
      this.writer.send(visit, 'key-created', { title: 'Key created', section: 'keys', ...view });
    } catch (error) {
      if (!(error instanceof GatewayError) || error.status >= 500) throw error;
      this.form(visit, { fields, ...mistakesOf(error) });
    }
  }

  @Get('ui/keys/:hash')
  @Access('public')
  @OpenTo('holder')
  async show(@CurrentVisit() visit: Visit, @Param('hash') hash: string): Promise<void> {
    const { visitor } = visit;
    const [key, calls] = await Promise.all([
      this.keys.info(hash, visitor.caller),
      this.logs.page({ keyHash: hash }, { limit: RECENT_CALLS }),
    ]);
    const view = keyView({
      hash,
      key,
      calls: calls.rows,
      mayWrite: visitor.mayWrite,
      done: visit.query.get('done') ?? '',
    });
    this.writer.send(visit, 'key', { title: key.key_alias ?? key.key_name, section: 'keys', ...view });
  }

  private form(
    visit: Visit,
    page: { fields: KeyFields; mistakes?: KeyMistakes; general?: string; preset?: string },
  ): void {
    const { fields, mistakes = {}, general = '', preset = '' } = page;
    const isWrong = Object.keys(mistakes).length > 0 || general !== '';
    const view = keyFormView({ fields, mistakes, general, preset, models: this.modelNames() });
    this.writer.send(visit, 'key-new', {
      title: 'Create a key',
      section: 'keys',
      httpStatus: isWrong ? 422 : 200,
      ...view,
    });
  }

  /** Who is no administrator makes keys for himself. */
  private postedBy({ form, visitor }: Visit): KeyFields {
    const fields = postedFields(form);
    return visitor.isAdmin ? fields : { ...fields, userId: visitor.caller.userId ?? '', teamId: '' };
  }

  private modelNames(): string[] {
    return [...this.routing.table.listed.keys()].filter((name) => !name.includes('*')).slice(0, 300);
  }
}

function ownKeys({ isAdmin, caller }: Visitor): { userId: string | null; hash: string | null } {
  if (isAdmin) return { userId: null, hash: null };
  return caller.userId === null
    ? { userId: null, hash: caller.keyHash }
    : { userId: caller.userId, hash: null };
}

const mayMint = ({ mayWrite, caller }: Visitor): boolean => mayWrite || caller.role === 'internal_user';

function requireMinter(visitor: Visitor): void {
  if (!mayMint(visitor)) throw new NotFoundError('There is no such page.');
}
