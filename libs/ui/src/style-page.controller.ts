import { Get } from '@nestjs/common';
import { Access, NotFoundError } from '@app/call';
import { ConfigStore } from '@app/config';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { styleView } from './style-page.view.js';
import { type Visit } from './visitor.js';

/** Every part of the pages at one glance, for those who change them. */
@Pages()
export class StylePageController {
  constructor(
    private readonly config: ConfigStore,
    private readonly writer: PageWriter,
  ) {}

  /** @throws NotFoundError unless ALLOW_INSECURE_DEV says that this is no place for others */
  @Get('ui/style')
  @Access('public')
  show(@CurrentVisit() visit: Visit): void {
    if (!this.config.current.allowInsecureDev) throw new NotFoundError('There is no such page.');
    this.writer.send(visit, 'style', { title: 'Components', ...styleView() });
  }
}
