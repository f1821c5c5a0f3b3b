import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { LangfuseSink } from './langfuse-sink.js';
import { MetricsController } from './metrics.controller.js';
import { MetricFamilies } from './metric-families.js';
import { MetricsSink } from './metrics-sink.js';
import { ModelDurations } from './model-durations.js';
import { ModelLabels } from './model-labels.js';
import { OpenTelemetrySink } from './open-telemetry-sink.js';
import { OutcomeTallies } from './outcome-tallies.js';
import { RequestSeries } from './request-series.js';
import { RequestLogSink } from './request-log-sink.js';
import { requestMetrics } from './request-metrics.js';
import { Scrape } from './scrape.js';
import { TelemetryDeliveries } from './telemetry-deliveries.js';

@Global()
@Module({
  imports: [PrometheusModule.register({ controller: MetricsController, path: '/metrics' })],
  providers: [
    ModelLabels,
    OutcomeTallies,
    MetricFamilies,
    ModelDurations,
    RequestSeries,
    Scrape,
    TelemetryDeliveries,
    ...requestMetrics,
    MetricsSink,
    RequestLogSink,
    LangfuseSink,
    OpenTelemetrySink,
  ],
  exports: [
    ModelLabels,
    MetricFamilies,
    MetricsSink,
    Scrape,
    RequestLogSink,
    LangfuseSink,
    OpenTelemetrySink,
  ],
})
export class ObservabilityModule implements OnModuleInit {
  /** They are gauges, but named like counters, which the linters of Prometheus refuse. */
  onModuleInit(): void {
    for (const what of ['handles', 'requests', 'resources']) {
      register.removeSingleMetric(`nodejs_active_${what}_total`);
    }
  }
}
