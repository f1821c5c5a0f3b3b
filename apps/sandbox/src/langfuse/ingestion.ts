import type { Exchange } from '../core/exchange.js';
import { textAt } from '../core/json.js';
import { isObservation, readEvent, type IngestionEvent } from './ingestion-rules.js';
import type { LangfuseSettings } from './langfuse-settings.js';
import type { Records } from './records.js';

const LARGEST_BODY_BYTES = 4.5 * 1_048_576;

/** `POST /api/public/ingestion`: a 207 that judges each event by itself. */
export function ingest(exchange: Exchange<LangfuseSettings>, records: Records): void {
  const batch = exchange.field('batch');
  if (exchange.bodyBytes > LARGEST_BODY_BYTES) {
    exchange.sendText(413, 'Body exceeded 4.5mb limit');
    return;
  }
  if (!Array.isArray(batch)) {
    const errors = [{ path: ['batch'], message: 'Required' }];
    exchange.sendJson(400, { message: 'Invalid request data', errors });
    return;
  }
  records.counts.batches++;
  const successes: object[] = [];
  const errors: object[] = [];
  for (const raw of batch as unknown[]) {
    const event = readEvent(raw);
    const problem = typeof event === 'string' ? event : refusalOf(event, exchange.settings);
    const id = textAt(raw, 'id') ?? 'unknown';
    if (problem === undefined && typeof event !== 'string') {
      store(event, records);
      successes.push({ id, status: 201 });
    } else {
      records.counts.refused++;
      errors.push({ id, status: 400, message: 'Invalid request data', error: problem });
    }
  }
  exchange.sendJson(207, { successes, errors });
}

function refusalOf(event: IngestionEvent, settings: LangfuseSettings): string | undefined {
  if (settings.mode === '207') return 'refused by the settings';
  const major = Number(settings.version.split('.')[0]);
  if (major < 4 || settings.writeMode !== 'events_only') return undefined;
  if (event.type === 'score-create' || event.type === 'sdk-log') return undefined;
  return `${event.type} is not accepted in write mode events_only`;
}

function store(event: IngestionEvent, records: Records): void {
  const { body, timestamp, type } = event;
  const kind = type === 'trace-create' ? 'traces' : isObservation(type) ? 'observations' : 'scores';
  if (type === 'sdk-log') return;
  const named = kind === 'observations' ? { ...body, type: type.replace(/-\w+$/, '').toUpperCase() } : body;
  const id = textAt(body, 'id') ?? event.id;
  records.add(kind, id, { at: timestamp, update: type.endsWith('-update'), body: named });
}
