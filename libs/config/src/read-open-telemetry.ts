import { Secret } from '@app/call';
import { type OpenTelemetrySettings } from './app-config.js';
import { type EnvironmentSection } from './environment-section.js';
import { asUrl } from './network-values.js';
import { asName } from './scalar-values.js';
import { type Parse } from './section.js';

/** Unlike a key it holds spaces: `authorization=Bearer …`. */
const asHeaders: Parse<Secret> = (node) =>
  node.kind === 'scalar' && node.text.trim() !== '' ? new Secret(node.text.trim()) : null;

/** Null unless an endpoint is set. */
export function readOpenTelemetry(env: EnvironmentSection): OpenTelemetrySettings | null {
  const endpoint = env.read('OTEL_EXPORTER_OTLP_ENDPOINT', asUrl);
  const headers = env.read('OTEL_EXPORTER_OTLP_HEADERS', asHeaders);
  const serviceName = env.value('OTEL_SERVICE_NAME', asName);
  return endpoint === null ? null : { endpoint, headers, serviceName };
}
