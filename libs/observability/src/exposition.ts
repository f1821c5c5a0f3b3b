import { type Metric, type OpenMetricsContentType, Registry } from 'prom-client';

export const TEXT_FORMAT = Registry.PROMETHEUS_CONTENT_TYPE;
export const OPENMETRICS_FORMAT = Registry.OPENMETRICS_CONTENT_TYPE;

export type Exposition = typeof TEXT_FORMAT | typeof OPENMETRICS_FORMAT;

/** OpenMetrics where the scraper takes it at all; everybody understands the text format. */
export function expositionFor(accept: string | undefined): Exposition {
  const entry = accept
    ?.split(',')
    .find((part) => part.split(';', 1)[0]?.trim() === 'application/openmetrics-text');
  return entry === undefined || /;\s*q=0(?:\.0*)?\s*(?:;|$)/.test(entry) ? TEXT_FORMAT : OPENMETRICS_FORMAT;
}

/** Everything in `registry`, written in the format asked for. */
export function expose(registry: Registry, format: Exposition): Promise<string> {
  return format === TEXT_FORMAT ? registry.metrics() : openMetricsOf(registry).metrics();
}

/** A registry that writes OpenMetrics renames the counters that it holds, for good; so it holds views of them. */
function openMetricsOf(registry: Registry): Registry<OpenMetricsContentType> {
  const views = new Registry<OpenMetricsContentType>();
  views.setContentType(OPENMETRICS_FORMAT);
  for (const { name } of registry.getMetricsAsArray()) {
    const metric = registry.getSingleMetric(name);
    if (metric)
      views.registerMetric(Object.create(metric, { name: { value: name, writable: true } }) as Metric);
  }
  return views;
}
