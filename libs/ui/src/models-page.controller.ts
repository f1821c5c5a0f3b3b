import { Get } from '@nestjs/common';
import { Access } from '@app/call';
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
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/models')
  @Access('public')
  show(@CurrentVisit() visit: Visit): void {
    const view = modelsView(this.models.all(), this.routing.table);
    this.writer.send(visit, 'models', { title: 'Models', section: 'models', ...view });
  }
}
