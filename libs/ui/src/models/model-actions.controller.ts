import { Get, HttpCode, Inject, Post } from '@nestjs/common';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, NotFoundError, readDto } from '@app/call';
import { ConfigStore } from '@app/config';
import { ModelInfos, type ModelInfoView, ModelsService, NewModelDto, UpdateModelDto } from '@app/routing';
import { textIn } from '../calls.view.js';
import { type Values } from '../forms/form-field.js';
import { type FilledForm, formPage, type FormWords } from '../forms/form-page.js';
import { submitForm } from '../forms/submit-form.js';
import { PageWriter } from '../page-writer.js';
import { CurrentVisit, Named, Pages } from '../pages.js';
import { paths } from '../paths.js';
import { type Visit } from '../visitor.js';
import { MODEL_FIELDS, MODEL_SECTIONS, modelBody, valuesOfModel } from './model-form.js';

const BLANK: Values = { mode: 'chat' };

/** Models of the database: added, edited, deleted. Those of config.yaml are changed in the file. */
@Pages()
export class ModelActionsController {
  @Inject(ConfigStore) private readonly config!: ConfigStore;

  constructor(
    private readonly models: ModelsService,
    private readonly infos: ModelInfos,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/models/new')
  @Access('public')
  blank(@CurrentVisit() visit: Visit): void {
    this.requireStore();
    this.form(visit, null, { values: BLANK });
  }

  @Post('ui/models/new')
  @HttpCode(200)
  @Access('public')
  async create(@CurrentVisit() visit: Visit, @CurrentActor() actor: Actor): Promise<void> {
    this.requireStore();
    const refused = await submitForm(MODEL_FIELDS, visit.form, async (values) => {
      const { model_name } = await this.models.add(readDto(NewModelDto, modelBody(values, null)), actor);
      this.writer.done(visit.res, paths.model(model_name), 'added');
    });
    if (refused) this.form(visit, null, refused);
  }

  @Get('ui/models/stored/:id/edit')
  @Access('public')
  edit(@CurrentVisit() visit: Visit, @Named('id') id: string): void {
    const model = this.stored(id);
    this.form(visit, model, { values: valuesOfModel(model) });
  }

  @Post('ui/models/stored/:id/edit')
  @HttpCode(200)
  @Access('public')
  async save(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    const model = this.stored(id);
    const refused = await submitForm(MODEL_FIELDS, visit.form, async (values) => {
      const dto = readDto(UpdateModelDto, modelBody(values, valuesOfModel(model)));
      const { model_name } = await this.models.change(id, dto, actor);
      this.writer.done(visit.res, paths.model(model_name), 'saved');
    });
    if (refused) this.form(visit, model, refused);
  }

  @Get('ui/models/stored/:id/delete')
  @Access('public')
  askDelete(@CurrentVisit() visit: Visit, @Named('id') id: string): void {
    const { model_name: name, litellm_params } = this.stored(id);
    this.writer.send(visit, 'confirm', {
      title: 'Delete deployment',
      section: 'models',
      name,
      heading: `Delete this deployment of ${name}?`,
      consequences: [
        `${textIn(litellm_params, 'model') ?? name} is asked no more under this name, on every replica within a second.`,
        'Calls that are running finish. Other deployments of the name go on; without any, calls for it get 400.',
        'Its credentials are deleted with it. Usage and logs stay.',
      ],
      milder: '',
      deed: 'Delete deployment',
      action: paths.deleteModel(id),
      back: { href: paths.model(name) },
    });
  }

  @Post('ui/models/stored/:id/delete')
  @Access('public')
  async delete(
    @CurrentVisit() { res }: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    this.stored(id);
    await this.models.remove(id, actor);
    this.writer.done(res, paths.models, 'deleted');
  }

  /** A model of config.yaml is not changed here. @throws NotFoundError */
  private stored(id: string): ModelInfoView {
    this.requireStore();
    const found = this.infos
      .all()
      .find(({ model_info }) => model_info['id'] === id && model_info['db_model'] === true);
    if (!found) throw new NotFoundError('The database has no such model.');
    return found;
  }

  private requireStore(): void {
    if (this.config.current.storeModelInDb) return;
    throw new NotFoundError(
      'Set STORE_MODEL_IN_DB=True to manage models here; now they stand in config.yaml.',
    );
  }

  private form(visit: Visit, model: ModelInfoView | null, state: FilledForm): void {
    const id = textIn(model?.model_info ?? {}, 'id') ?? '';
    const words: FormWords = {
      title: model ? 'Edit model' : 'Add a model',
      section: 'models',
      crumb: model
        ? { href: paths.model(model.model_name), label: model.model_name }
        : { href: paths.models, label: 'Models' },
      heading: model ? 'Edit the deployment' : 'Add a model',
      intro: 'It is kept in the database and works on every replica within a second.',
      refused: model ? 'The model was not changed.' : 'The model was not added.',
      action: model ? paths.editModel(id) : paths.newModel,
      submit: model ? 'Save changes' : 'Add model',
    };
    this.writer.send(visit, 'form', formPage(words, MODEL_SECTIONS, state));
  }
}
