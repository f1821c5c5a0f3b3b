import { Injectable } from '@nestjs/common';
import { register } from 'prom-client';
import { expose, type Exposition, OPENMETRICS_FORMAT } from './exposition.js';
import { MetricFamilies } from './metric-families.js';

/** What `/metrics` says. */
@Injectable()
export class Scrape {
  /** Where several processes serve one port: makes one scrape of this one's and those of the others. */
  join: (text: string, format: Exposition) => Promise<string> = (text) => Promise.resolve(text);

  constructor(private readonly families: MetricFamilies) {}

  /** This process alone. */
  async own(format: string): Promise<string> {
    const isOpenMetrics = format === OPENMETRICS_FORMAT;
    return this.families.appendTo(await expose(register, format as Exposition), isOpenMetrics);
  }

  async whole(format: Exposition): Promise<string> {
    return this.join(await this.own(format), format);
  }
}
