import { describe, expect, test } from '@jest/globals';
import { configFrom, ENOUGH_ENVIRONMENT } from './testing.js';

const read = (env: Record<string, string>) => configFrom('', { ...ENOUGH_ENVIRONMENT, ...env }).openTelemetry;

describe('OpenTelemetry', () => {
  test('is off without an endpoint', () => {
    expect(read({ OTEL_SERVICE_NAME: 'x' })).toBeNull();
  });

  test('has an endpoint, a name, and headers that nothing prints', () => {
    const settings = read({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer canary',
    });
    expect(settings).toMatchObject({ endpoint: 'http://collector:4318', serviceName: 'llm-gateway' });
    expect(JSON.stringify(settings)).not.toContain('canary');
  });

  test('an endpoint that is no address is refused', () => {
    expect(() => read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' })).toThrow('OTEL_EXPORTER_OTLP_ENDPOINT');
  });
});
