import { Get } from '@nestjs/common';
import { Access, NotFoundError } from '@app/call';
import { OpenTo } from './page-access.js';
import { Pages } from './pages.js';

/** An address below `/ui` that no page has. */
@Pages()
export class MissingPageController {
  @Get('ui/*path')
  @Access('public')
  @OpenTo('holder')
  show(): never {
    throw new NotFoundError('There is no such page.');
  }
}
