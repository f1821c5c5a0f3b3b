export { GatewayLogger } from './gateway-logger.js';
export { type Family, labelText, type Series } from './family-text.js';
export { LangfuseSink } from './langfuse-sink.js';
export { MetricFamilies } from './metric-families.js';
export { MetricsSink } from './metrics-sink.js';
export { ModelLabels } from './model-labels.js';
export { ObservabilityModule } from './observability.module.js';
export { OpenTelemetrySink } from './open-telemetry-sink.js';
export { RequestLogSink } from './request-log-sink.js';
