import { Global, Module } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { MetricsController } from './metrics.controller.js';
import { MetricsSink } from './metrics-sink.js';
import { ModelLabels } from './model-labels.js';
import { OutcomeTallies } from './outcome-tallies.js';
import { RequestLogSink } from './request-log-sink.js';
import { requestMetrics } from './request-metrics.js';

@Global()
@Module({
  imports: [PrometheusModule.register({ controller: MetricsController, path: '/metrics' })],
  providers: [ModelLabels, OutcomeTallies, ...requestMetrics, MetricsSink, RequestLogSink],
  exports: [ModelLabels, MetricsSink, RequestLogSink],
})
export class ObservabilityModule {}
