export { GatewayLogger } from './gateway-logger.js';
export { LangfuseSink } from './langfuse-sink.js';
export { MetricsSink } from './metrics-sink.js';
export { ModelLabels } from './model-labels.js';
export { ObservabilityModule } from './observability.module.js';
export { RequestLogSink } from './request-log-sink.js';
