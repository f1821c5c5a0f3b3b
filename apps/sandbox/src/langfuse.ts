import type { Exchange } from './core/exchange.js';
import { endSocket } from './core/player.js';
import { ingest } from './langfuse/ingestion.js';
import { LANGFUSE_CHOICES, LANGFUSE_SETTINGS, type LangfuseSettings } from './langfuse/langfuse-settings.js';
import { takeSpans } from './langfuse/otel.js';
import { Records } from './langfuse/records.js';
import { startStandIn, type ListenOptions, type StandIn } from './stand-in.js';

const INGESTION = '/api/public/ingestion';
const OTEL_TRACES = '/api/public/otel/v1/traces';
const OTEL_METRICS = '/api/public/otel/v1/metrics';

class Langfuse {
  readonly settings = structuredClone(LANGFUSE_SETTINGS);
  readonly records = new Records(() => this.settings.keepRecords);

  handle(exchange: Exchange<LangfuseSettings>): void {
    const { path } = exchange;
    const { mode, slowMs } = this.settings;
    if (mode === 'down') endSocket(exchange, 'rst');
    else if (path === '/api/public/health' || path === '/api/public/ready')
      exchange.sendJson(200, { status: 'OK', version: this.settings.version });
    else if (mode === 'slow') exchange.after(slowMs, () => this.take(exchange));
    else if (mode !== 'hang') this.take(exchange);
  }

  private take(exchange: Exchange<LangfuseSettings>): void {
    const route = `${exchange.method} ${exchange.path}`;
    if (!this.isKnown(exchange.header('authorization')) || this.settings.mode === '401') {
      const message = "Invalid credentials. Confirm that you've configured the correct host.";
      exchange.sendJson(401, { error: 'UnauthorizedError', message });
    } else if (this.failure(exchange)) return;
    else if (route === `POST ${INGESTION}`) ingest(exchange, this.records);
    else if (route === `POST ${OTEL_TRACES}`) takeSpans(exchange, this.records);
    else if (route === `POST ${OTEL_METRICS}`) exchange.sendJson(200, {});
    else if (route === 'GET /api/public/projects') exchange.sendJson(200, { data: [PROJECT] });
    else exchange.sendJson(404, { error: 'LangfuseNotFoundError', message: 'Not found' });
  }

  /** Answers as the mode demands; false when the mode is none of a failing server. */
  private failure(exchange: Exchange<LangfuseSettings>): boolean {
    switch (this.settings.mode) {
      case '413':
        exchange.sendText(413, 'Body exceeded 4.5mb limit');
        return true;
      case '429':
        exchange.send(429, RATE_LIMITED, '');
        return true;
      case '500':
        exchange.sendJson(500, { error: 'InternalServerError', message: 'Internal Server Error' });
        return true;
      case '502':
        exchange.sendText(502, '<html><h1>502 Bad Gateway</h1></html>', 'text/html');
        return true;
      default:
        return false;
    }
  }

  private isKnown(authorization: string | undefined): boolean {
    const [scheme, credentials = ''] = (authorization ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'basic') return false;
    const [publicKey = '', secretKey = ''] = Buffer.from(credentials, 'base64').toString('utf8').split(':');
    const wanted = this.settings;
    if (wanted.publicKey === '') return publicKey !== '' && secretKey !== '';
    return publicKey === wanted.publicKey && secretKey === wanted.secretKey;
  }
}

const PROJECT = { id: 'sandbox', name: 'sandbox', metadata: {} };
const RATE_LIMITED = [
  ...['Retry-After', '1'],
  ...['X-RateLimit-Limit', '1000'],
  ...['X-RateLimit-Remaining', '0'],
  ...['X-RateLimit-Reset', '1'],
];

/** A Langfuse server that takes both of its protocols and shows what it was given. */
export function startLangfuse(options: ListenOptions = {}): Promise<StandIn> {
  const langfuse = new Langfuse();
  return startStandIn<LangfuseSettings>(
    {
      settings: langfuse.settings,
      choices: LANGFUSE_CHOICES,
      handle: (exchange) => langfuse.handle(exchange),
      errorBody: (_status, message) => ({
        type: 'application/json',
        body: JSON.stringify({ error: 'InternalServerError', message }),
      }),
      modelOf: () => null,
      reset: () => langfuse.records.reset(),
      routes: {
        'GET /events': (exchange) => langfuse.records.read(exchange.query.get('traceId')),
      },
    },
    options,
  );
}
