import { Get, Inject, Param } from '@nestjs/common';
import { Access, NotFoundError } from '@app/call';
import { ConfigStore } from '@app/config';
import { API_DESCRIPTION, type ApiDescription } from './api-description.js';
import { docsView, operationView } from './docs.view.js';
import { OpenTo } from './page-access.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { publicAddress } from './public-address.js';
import { type Visit } from './visitor.js';

/** The description of the API, for people; for programs it is `/openapi.json`. */
@Pages()
export class DocsPageController {
  constructor(
    @Inject(API_DESCRIPTION) private readonly describe: ApiDescription,
    private readonly config: ConfigStore,
    private readonly writer: PageWriter,
  ) {}

  @Get('docs')
  @Access('public')
  @OpenTo('holder')
  list(@CurrentVisit() visit: Visit): void {
    const view = docsView(this.describe(), publicAddress(this.config.current, visit.req));
    this.writer.send(visit, 'docs', { title: 'API docs', ...view });
  }

  /** The document itself, for who has a session and no key at hand. */
  @Get('docs/openapi.json')
  @Access('public')
  @OpenTo('holder')
  download(@CurrentVisit() { res }: Visit): void {
    const bytes = Buffer.from(JSON.stringify(this.describe()));
    res.setHeader('content-type', 'application/json');
    res.setHeader('content-disposition', 'attachment; filename="openapi.json"');
    res.setHeader('content-length', bytes.length);
    res.end(bytes);
  }

  @Get('docs/:operation')
  @Access('public')
  @OpenTo('holder')
  show(@CurrentVisit() visit: Visit, @Param('operation') operation: string): void {
    const host = publicAddress(this.config.current, visit.req);
    const view = operationView(this.describe(), operation, host);
    if (!view) throw new NotFoundError('There is no such page.');
    this.writer.send(visit, 'docs-operation', { title: 'API docs', ...view });
  }
}
