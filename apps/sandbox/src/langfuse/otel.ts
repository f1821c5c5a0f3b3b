import { gunzipSync } from 'node:zlib';
import type { Exchange } from '../core/exchange.js';
import { isObject, listAt, objectAt, parseJson, textAt, type JsonObject } from '../core/json.js';
import type { LangfuseSettings } from './langfuse-settings.js';
import { readOtlpProtobuf } from './otlp-protobuf.js';
import type { Records } from './records.js';

/** `POST /api/public/otel/v1/traces`: the whole batch is taken or refused. */
export function takeSpans(exchange: Exchange<LangfuseSettings>, records: Records): void {
  const type = (exchange.header('content-type') ?? '').split(';')[0];
  if (type !== 'application/json' && type !== 'application/x-protobuf') {
    exchange.sendJson(400, { error: 'Invalid content type' });
    return;
  }
  if (Number(exchange.header('x-langfuse-ingestion-version') ?? 0) > 4) {
    exchange.sendJson(400, { error: 'Unsupported ingestion version' });
    return;
  }
  const request = readRequest(exchange, type === 'application/json');
  const spans = request === undefined ? undefined : spansOf(request);
  if (spans === undefined || exchange.settings.mode === '207') {
    records.counts.refused++;
    exchange.sendJson(400, { error: 'Failed to parse OTel export' });
    return;
  }
  records.counts.batches++;
  for (const span of spans) storeSpan(span, records);
  exchange.sendJson(200, {});
}

function readRequest(exchange: Exchange, isJson: boolean): JsonObject | undefined {
  try {
    const zipped = exchange.header('content-encoding') === 'gzip';
    const bytes = zipped ? gunzipSync(exchange.body) : exchange.body;
    const request = isJson ? parseJson(bytes.toString('utf8')) : readOtlpProtobuf(bytes);
    return isObject(request) ? request : undefined;
  } catch {
    return undefined;
  }
}

/** All spans, or undefined when one of them is not well formed. */
function spansOf(request: JsonObject): JsonObject[] | undefined {
  const spans: JsonObject[] = [];
  for (const resource of listAt(request, 'resourceSpans')) {
    for (const scope of listAt(resource, 'scopeSpans')) {
      for (const span of listAt(scope, 'spans')) {
        if (!isWellFormed(span)) return undefined;
        spans.push(span);
      }
    }
  }
  return spans;
}

function isWellFormed(span: unknown): span is JsonObject {
  const { attributes } = isObject(span) ? span : {};
  return (
    /^[0-9a-f]{32}$/i.test(textAt(span, 'traceId') ?? '') &&
    /^[0-9a-f]{16}$/i.test(textAt(span, 'spanId') ?? '') &&
    (attributes === undefined ||
      (Array.isArray(attributes) && attributes.every((pair) => textAt(pair, 'key') !== undefined)))
  );
}

const TRACE_FIELDS: Record<string, string> = {
  'langfuse.trace.name': 'name',
  'user.id': 'userId',
  'session.id': 'sessionId',
  'langfuse.trace.tags': 'tags',
  'langfuse.trace.public': 'public',
  'langfuse.trace.input': 'input',
  'langfuse.trace.output': 'output',
  'langfuse.environment': 'environment',
  'langfuse.release': 'release',
  'langfuse.version': 'version',
};
const OBSERVATION_FIELDS: Record<string, string> = {
  'langfuse.observation.type': 'type',
  'langfuse.observation.input': 'input',
  'langfuse.observation.output': 'output',
  'langfuse.observation.level': 'level',
  'langfuse.observation.status_message': 'statusMessage',
  'langfuse.observation.model.name': 'model',
  'langfuse.observation.model.parameters': 'modelParameters',
  'langfuse.observation.usage_details': 'usageDetails',
  'langfuse.observation.cost_details': 'costDetails',
  'langfuse.observation.completion_start_time': 'completionStartTime',
  'langfuse.observation.prompt.name': 'promptName',
  'langfuse.observation.prompt.version': 'promptVersion',
  'langfuse.environment': 'environment',
};

function storeSpan(span: JsonObject, records: Records): void {
  const attributes = attributesOf(span);
  const traceId = textAt(span, 'traceId') ?? '';
  const at = timeOf(span['endTimeUnixNano']);
  const observation: JsonObject = {
    traceId,
    parentObservationId: textAt(span, 'parentSpanId') ?? null,
    name: textAt(span, 'name'),
    startTime: timeOf(span['startTimeUnixNano']),
    endTime: at,
    ...fieldsOf(attributes, OBSERVATION_FIELDS, 'langfuse.observation.metadata.'),
    attributes,
  };
  records.counts.spans++;
  records.add('observations', textAt(span, 'spanId') ?? '', { at, update: false, body: observation });
  const trace = fieldsOf(attributes, TRACE_FIELDS, 'langfuse.trace.metadata.');
  records.add('traces', traceId, { at, update: true, body: trace });
}

function attributesOf(span: JsonObject): JsonObject {
  const pairs = listAt(span, 'attributes').map((pair) => [
    textAt(pair, 'key'),
    plain(objectAt(pair, 'value')),
  ]);
  return Object.fromEntries(pairs) as JsonObject;
}

/** OTLP's typed value as a plain one. */
function plain(value: JsonObject): unknown {
  if (isObject(value['arrayValue']))
    return listAt(value['arrayValue'], 'values').map((item) => plain(isObject(item) ? item : {}));
  if (isObject(value['kvlistValue']))
    return attributesOf({ attributes: listAt(value['kvlistValue'], 'values') });
  if ('intValue' in value) return Number(value['intValue']);
  return value['stringValue'] ?? value['boolValue'] ?? value['doubleValue'] ?? null;
}

function fieldsOf(attributes: JsonObject, names: Record<string, string>, metadataPrefix: string): JsonObject {
  const fields: JsonObject = {};
  const metadata: JsonObject = {};
  for (const [key, value] of Object.entries(attributes)) {
    const name = names[key];
    if (name !== undefined) fields[name] = unpacked(value);
    else if (key.startsWith(metadataPrefix)) metadata[key.slice(metadataPrefix.length)] = unpacked(value);
  }
  return Object.keys(metadata).length === 0 ? fields : { ...fields, metadata };
}

/** Objects, lists and quoted times travel as JSON text; plain text travels as it is. */
function unpacked(value: unknown): unknown {
  if (typeof value !== 'string' || !/^[{["]/.test(value)) return value;
  return parseJson(value) ?? value;
}

function timeOf(nanoseconds: unknown): string {
  if (typeof nanoseconds !== 'string' && typeof nanoseconds !== 'number') return '';
  return new Date(Number(BigInt(nanoseconds) / 1_000_000n)).toISOString();
}
