import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { LangfuseSink } from './langfuse-sink.js';
import { LOOP_LAG_NAMES, loopLag } from './loop-lag.js';
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

/** It cannot be told not to watch the event loop, but to look at it every few weeks. */
const NEVER_MS = 2_147_483_647;

/** `/metrics`, the request log, and the senders of traces. */
@Global()
@Module({
  imports: [
    PrometheusModule.register({
      controller: MetricsController,
      path: '/metrics',
      defaultMetrics: { enabled: true, config: { eventLoopMonitoringPrecision: NEVER_MS } },
    }),
  ],
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
  constructor(private readonly families: MetricFamilies) {}

  onModuleInit(): void {
    // They are gauges, but named like counters, which the linters of Prometheus refuse.
    for (const what of ['handles', 'requests', 'resources']) {
      register.removeSingleMetric(`nodejs_active_${what}_total`);
    }
    for (const name of LOOP_LAG_NAMES) register.removeSingleMetric(name);
    this.families.add(...loopLag());
  }
}
