import { Get, HttpCode, Inject, Post } from '@nestjs/common';
import { Access, NotFoundError } from '@app/call';
import { ConfigStore, type ModelEntry } from '@app/config';
import { RoutingService } from '@app/routing';
import { type ModelState, ModelStates } from '../model-states.js';
import { PageWriter } from '../page-writer.js';
import { CurrentVisit, Named, Pages } from '../pages.js';
import { type Visit } from '../visitor.js';
import { type DeploymentFacts, modelView } from './model-page.view.js';
import { ModelTester, type TestResult } from './model-tester.js';
import { ModelTraffic } from './model-traffic.js';

/** One model: how its deployments do, and whether it answers. */
@Pages()
export class ModelPageController {
  @Inject(ConfigStore) private readonly config!: ConfigStore;
  @Inject(RoutingService) private readonly routing!: RoutingService;

  constructor(
    private readonly models: ModelStates,
    private readonly traffic: ModelTraffic,
    private readonly tester: ModelTester,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/models/name/:name')
  @Access('public')
  async show(@CurrentVisit() visit: Visit, @Named('name') name: string): Promise<void> {
    await this.page(visit, name, null);
  }

  /** The same page, with what came of it: a hello is no change. */
  @Post('ui/models/name/:name/test')
  @HttpCode(200)
  @Access('public')
  async test(@CurrentVisit() visit: Visit, @Named('name') name: string): Promise<void> {
    const mode = this.modeOf(this.model(name));
    if (!ModelTester.knows(mode) || name.includes('*')) throw new NotFoundError('There is no such page.');
    await this.page(visit, name, await this.tester.hello(visit, name, mode));
  }

  private async page(visit: Visit, name: string, test: TestResult | null): Promise<void> {
    const model = this.model(name);
    const { mayWrite } = visit.visitor;
    const view = modelView({
      model,
      deployments: this.factsOf(name, model),
      days: await this.traffic.of(model.name),
      mayTest: mayWrite && !name.includes('*') && ModelTester.knows(this.modeOf(model)),
      test,
      mayWrite: mayWrite && this.config.current.storeModelInDb,
      done: visit.query.get('done'),
    });
    this.writer.send(visit, 'model', { title: model.name, section: 'models', ...view });
  }

  /** @throws NotFoundError */
  private model(name: string): ModelState {
    const model = this.models.named(name);
    if (!model) throw new NotFoundError('There is no such model.');
    return model;
  }

  private factsOf(name: string, model: ModelState): DeploymentFacts[] {
    const deployments = this.routing.groupOf(name)?.deployments ?? [];
    return deployments.flatMap((deployment, index) => {
      const view = model.deployments[index];
      return view ? [{ view, deployment, entry: this.entryOf(deployment.id) }] : [];
    });
  }

  private entryOf(id: string): ModelEntry | null {
    return this.routing.entries.find(({ entry }) => entry.modelInfo['id'] === id)?.entry ?? null;
  }

  private modeOf({ deployments }: ModelState): string {
    const mode = this.entryOf(deployments[0]?.id ?? '')?.modelInfo['mode'];
    return typeof mode === 'string' ? mode : 'chat';
  }
}
