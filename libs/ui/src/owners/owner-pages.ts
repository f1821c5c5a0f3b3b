import { Get, HttpCode, Inject, Post } from '@nestjs/common';
import { Directory, type DirectoryQuery } from '@app/admin';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, BadRequestError, type JsonObject } from '@app/call';
import { changesOf, newBody } from '../forms/form-body.js';
import { fieldsOf, type FormSection, type Values } from '../forms/form-field.js';
import { type FilledForm, formPage, type FormWords } from '../forms/form-page.js';
import { submitForm } from '../forms/submit-form.js';
import { ModelNames } from '../model-names.js';
import { PageWriter } from '../page-writer.js';
import { CurrentVisit, Named } from '../pages.js';
import { paths } from '../paths.js';
import { type Visit } from '../visitor.js';
import { isNarrowed, listFrame, readListQuery } from './list-query.js';
import { countText, doneFlash } from './owner-status.js';
import { capital, type OwnerWords } from './owner-words.js';

/** One page of a list; `rows` stand under the section's name. */
export interface OwnerList {
  readonly rows: readonly object[];
  readonly next: string | null;
}

/** An owner's page; `block` and the links to what can be done are put beside it. */
export interface OwnerView {
  readonly title: string;
  readonly view: object;
}

/**
 * What has limits of its own and a place in the menu: found, made, looked at, edited, deleted. A kind of owner says what
 * it is called, what its form asks, and which service does it.
 */
export abstract class OwnerPages<Row> {
  @Inject(Directory) protected readonly directory!: Directory;
  @Inject(PageWriter) protected readonly writer!: PageWriter;
  @Inject(ModelNames) private readonly models!: ModelNames;

  protected abstract readonly words: OwnerWords;
  /** @param isNew adds what can be said only once */
  protected abstract sections(models: readonly string[], isNew: boolean): FormSection[];
  protected abstract blank(query: URLSearchParams): Values;
  protected abstract list(query: DirectoryQuery, visit: Visit): Promise<OwnerList>;
  /** @throws NotFoundError */
  protected abstract page(id: string, visit: Visit): Promise<OwnerView>;
  /** @throws NotFoundError */
  protected abstract named(id: string): Promise<Row>;
  protected abstract nameOf(row: Row): string;
  protected abstract valuesOf(row: Row): Values | Promise<Values>;
  /** Its id. */
  protected abstract add(body: JsonObject, actor: Actor): Promise<string>;
  protected abstract change(id: string, changes: JsonObject, actor: Actor): Promise<unknown>;
  protected abstract remove(id: string, actor: Actor): Promise<unknown>;

  @Get()
  @Access('public')
  async index(@CurrentVisit() visit: Visit): Promise<void> {
    const { section, one, path, filters, placeholder, about } = this.words;
    const query = readListQuery(visit.query, filters);
    const [{ rows, next }, count] = await Promise.all([this.list(query, visit), this.directory.count(one)]);
    this.writer.send(visit, section, {
      title: capital(section),
      section,
      subtitle: `${countText(count, one, section)} ${about}`.trim(),
      add: visit.visitor.mayWrite && { href: paths.new(path) },
      done: doneFlash(this.words.done, visit.query.get('done')),
      list: listFrame({ path, query, filters, next, placeholder }),
      [section]: rows,
      empty: isNarrowed(query) ? this.words.unknown(query) : this.words.none(visit.visitor.mayWrite),
    });
  }

  @Get('new')
  @Access('public')
  askNew(@CurrentVisit() visit: Visit): void {
    this.newForm(visit, { values: this.blank(visit.query) });
  }

  @Post('new')
  @HttpCode(200)
  @Access('public')
  async create(@CurrentVisit() visit: Visit, @CurrentActor() actor: Actor): Promise<void> {
    const fields = fieldsOf(this.sections([], true));
    const refused = await submitForm(fields, visit.form, async (values) => {
      const id = await this.add(newBody(fields, values), actor);
      this.done(visit, this.words.page(id), 'created');
    });
    if (refused) this.newForm(visit, refused);
  }

  @Get(':id')
  @Access('public')
  async show(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    const { one, section, path, page, done } = this.words;
    const { title, view } = await this.page(id, visit);
    this.writer.send(visit, one, {
      title,
      section,
      crumb: { href: path, label: capital(section) },
      done: doneFlash(done, visit.query.get('done')),
      mayWrite: visit.visitor.mayWrite,
      edit: { href: paths.edit(page(id)) },
      remove: { href: paths.delete(page(id)) },
      block: { action: paths.block(page(id)) },
      ...view,
    });
  }

  @Get(':id/edit')
  @Access('public')
  async edit(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    const row = await this.named(id);
    this.editForm(visit, id, row, { values: await this.valuesOf(row) });
  }

  @Post(':id/edit')
  @HttpCode(200)
  @Access('public')
  async save(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    const row = await this.named(id);
    const before = await this.valuesOf(row);
    const fields = fieldsOf(this.sections([], false));
    const refused = await submitForm(fields, visit.form, async (values) => {
      await this.change(id, changesOf(fields, before, values), actor);
      this.done(visit, this.words.page(id), 'saved');
    });
    if (refused) this.editForm(visit, id, row, refused);
  }

  @Get(':id/delete')
  @Access('public')
  async askDelete(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    this.confirm(visit, id, await this.named(id));
  }

  @Post(':id/delete')
  @HttpCode(200)
  @Access('public')
  async delete(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    try {
      await this.remove(id, actor);
      this.done(visit, this.words.path, 'deleted');
    } catch (error) {
      if (!(error instanceof BadRequestError)) throw error;
      this.confirm(visit, id, await this.named(id), error.message);
    }
  }

  protected done({ res }: Visit, page: string, done: string): void {
    this.writer.done(res, page, done);
  }

  private newForm(visit: Visit, state: FilledForm): void {
    const { one, section, path, newIntro } = this.words;
    this.form(visit, true, state, {
      section,
      crumb: { href: path, label: capital(section) },
      heading: `Add a ${one}`,
      intro: newIntro,
      refused: `The ${one} was not added.`,
      action: paths.new(path),
      submit: `Add ${one}`,
    });
  }

  private editForm(visit: Visit, id: string, row: Row, state: FilledForm): void {
    const { one, section, page, editIntro } = this.words;
    this.form(visit, false, state, {
      section,
      title: `Edit ${one}`,
      crumb: { href: page(id), label: this.nameOf(row) },
      heading: `Edit the ${one}`,
      intro: editIntro,
      refused: `The ${one} was not changed.`,
      action: paths.edit(page(id)),
      submit: 'Save changes',
    });
  }

  private form(visit: Visit, isNew: boolean, state: FilledForm, words: FormWords): void {
    const sections = this.sections(this.models.all(), isNew);
    this.writer.send(visit, 'form', formPage(words, sections, state));
  }

  private confirm(visit: Visit, id: string, row: Row, problem = ''): void {
    const { one, section, page, consequences, milder } = this.words;
    const name = this.nameOf(row);
    this.writer.send(visit, 'confirm', {
      title: `Delete ${one}`,
      section,
      httpStatus: problem === '' ? 200 : 422,
      name,
      heading: `Delete the ${one} ${name}?`,
      problem,
      consequences,
      milder,
      deed: `Delete ${one}`,
      action: paths.delete(page(id)),
      back: { href: page(id) },
    });
  }
}

/** An owner whose calls can be refused as long as one likes. */
export abstract class BlockableOwnerPages<Row> extends OwnerPages<Row> {
  protected abstract setBlocked(id: string, blocked: boolean, actor: Actor): Promise<unknown>;

  @Post(':id/block')
  @Access('public')
  async block(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    const blocked = visit.form.text('blocked') === 'true';
    await this.setBlocked(id, blocked, actor);
    this.done(visit, this.words.page(id), blocked ? 'blocked' : 'unblocked');
  }
}
