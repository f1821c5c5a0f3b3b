import { type SpanAttributes, type SpanNode } from './span-nodes.js';

/** As OTLP numbers them. */
const KINDS = { internal: 1, server: 2, client: 3 } as const;
const STATUS_ERROR = 2;
const MAX_STATUS_MESSAGE = 1_000;
/** Prompts stand in several spans of a trace: escaping them once is enough. */
const WORTH_KEEPING = 256;

/**
 * Spans as OTLP over HTTP has them in JSON, with commas between. Written directly: making spans with an SDK, and
 * writing those, took five times as long, and the gateway knows every id and time already.
 */
export function spanTexts(nodes: readonly SpanNode[]): string {
  const known = new Map<string, string>();
  return nodes.map((node) => spanText(node, known)).join(',');
}

/** One request to the receiver. @param spans texts as {@link spanTexts} makes them */
export function batchText(
  spans: readonly string[],
  {
    resource,
    scope,
  }: { readonly resource: SpanAttributes; readonly scope: { name: string; version: string } },
): string {
  const about = `"resource":{"attributes":${attributesText(resource, new Map())}}`;
  return `{"resourceSpans":[{${about},"scopeSpans":[{"scope":${JSON.stringify(scope)},"spans":[${spans.join(',')}]}]}]}`;
}

function spanText(node: SpanNode, known: Map<string, string>): string {
  const { traceId, spanId, parentId, name, kind, startMs, endMs, error, attributes } = node;
  const parent = parentId === null ? '' : `"parentSpanId":"${parentId}",`;
  const message = error?.slice(0, MAX_STATUS_MESSAGE);
  const status = message === undefined ? '{"code":0}' : JSON.stringify({ code: STATUS_ERROR, message });
  return (
    `{"traceId":"${traceId}","spanId":"${spanId}",${parent}"name":${JSON.stringify(name)},"kind":${KINDS[kind]}` +
    `,"startTimeUnixNano":"${nanoseconds(startMs)}","endTimeUnixNano":"${nanoseconds(endMs)}"` +
    `,"attributes":${attributesText(attributes, known)},"status":${status}}`
  );
}

/** Of a time on the wall clock; its microseconds are as exact as it is. */
const nanoseconds = (ms: number): string => `${Math.round(ms * 1_000)}000`;

function attributesText(attributes: SpanAttributes, known: Map<string, string>): string {
  const parts: string[] = [];
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) parts.push(`${headText(key)}${valueText(value, known)}}`);
  }
  return `[${parts.join(',')}]`;
}

/** Written once for each name; clients may send names of their own, so not for all of them. */
const heads = new Map<string, string>();
const MAX_HEADS = 500;

function headText(key: string): string {
  let head = heads.get(key);
  if (head === undefined) {
    head = `{"key":${JSON.stringify(key)},"value":`;
    if (heads.size < MAX_HEADS) heads.set(key, head);
  }
  return head;
}

function valueText(value: unknown, known: Map<string, string>): string {
  if (Array.isArray(value)) {
    return `{"arrayValue":{"values":[${value.map((item) => valueText(item, known)).join(',')}]}}`;
  }
  if (typeof value === 'boolean') return `{"boolValue":${value}}`;
  if (typeof value !== 'number') return `{"stringValue":${quoted(String(value), known)}}`;
  return Number.isSafeInteger(value)
    ? `{"intValue":${value}}`
    : `{"doubleValue":${Number.isFinite(value) ? value : `"${value}"`}}`;
}

function quoted(text: string, known: Map<string, string>): string {
  if (text.length < WORTH_KEEPING) return JSON.stringify(text);
  let written = known.get(text);
  if (written === undefined) known.set(text, (written = JSON.stringify(text)));
  return written;
}
