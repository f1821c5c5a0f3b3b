import { Injectable } from '@nestjs/common';
import { Tally } from './tally.js';

/** What the outcomes since the last scrape add up to. */
@Injectable()
export class OutcomeTallies {
  readonly requests = new Tally('status');
  readonly tokens = new Tally('type');
  readonly errors = new Tally('type');
}
