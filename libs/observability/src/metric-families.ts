import { Injectable } from '@nestjs/common';
import { type Family, familyText } from './family-text.js';

const OPENMETRICS_END = '# EOF\n';

/**
 * Metrics that are numbers somewhere else already: whoever has them tells how to read them. Written without the
 * Prometheus client, which works out every label anew at each scrape.
 */
@Injectable()
export class MetricFamilies {
  readonly #families = new Map<string, Family>();

  /** A second one of the same name takes the place of the first. */
  add(...families: readonly Family[]): void {
    for (const family of families) this.#families.set(family.name, family);
  }

  /** Everything, behind what stands there already. */
  appendTo(text: string, isOpenMetrics: boolean): string {
    const own = [...this.#families.values()].map((family) => familyText(family, isOpenMetrics)).join('');
    if (!isOpenMetrics) return (text.endsWith('\n') || text === '' ? text : `${text}\n`) + own;
    const before = text.endsWith(OPENMETRICS_END) ? text.slice(0, -OPENMETRICS_END.length) : text;
    return before + own + OPENMETRICS_END;
  }
}
