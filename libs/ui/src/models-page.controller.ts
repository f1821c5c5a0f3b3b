import { Get } from '@nestjs/common';
import { Access } from '@app/call';
import { ConfigStore } from '@app/config';
import { RoutingService } from '@app/routing';
import { ModelStates } from './model-states.js';
import { modelsView } from './models.view.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { type Visit } from './visitor.js';

/** Every model and how its deployments do. */
@Pages()
export class ModelsPageController {
  constructor(
    private readonly models: ModelStates,
    private readonly routing: RoutingService,
    private readonly config: ConfigStore,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/models')
  @Access('public')
  show(@CurrentVisit() visit: Visit): void {
    const view = modelsView(this.models.all(), this.routing.table, {
      mayAdd: visit.visitor.mayWrite && this.config.current.storeModelInDb,
      done: visit.query.get('done'),
    });
    this.writer.send(visit, 'models', { title: 'Models', section: 'models', ...view });
  }
}
