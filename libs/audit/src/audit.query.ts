import { BadRequestError, type JsonObject, readDto, TextField } from '@app/call';
import { type Anchor, type AuditFilter } from './audit-reader.js';

class AuditParameters {
  @TextField() action?: string;
  @TextField() entity?: string;
  @TextField() entity_id?: string;
  @TextField() actor?: string;
  @TextField() since?: string;
  @TextField() until?: string;
  @TextField() before_id?: string;
  @TextField() limit?: string;
}

class VerifyParameters {
  @TextField() id?: string;
  @TextField() seal?: string;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;
const MAX_ID = Number.MAX_SAFE_INTEGER;
const SEAL = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** @throws BadRequestError naming the parameter that is wrong */
export function readAuditQuery(query: Readonly<Record<string, unknown>>): AuditFilter {
  const given = readDto(AuditParameters, query as JsonObject);
  return {
    ...(given.action && { action: given.action }),
    ...(given.entity && { entity: given.entity }),
    ...(given.entity_id && { entityId: given.entity_id }),
    ...(given.actor && { actor: given.actor }),
    ...(given.since && { sinceMs: timeIn('since', given.since) }),
    ...(given.until && { untilMs: timeIn('until', given.until) }),
    ...(given.before_id && { beforeId: wholeNumber('before_id', given.before_id, MAX_ID) }),
    limit: given.limit ? wholeNumber('limit', given.limit, MAX_LIMIT) : DEFAULT_LIMIT,
  };
}

/** @throws BadRequestError */
export function readAnchor(query: Readonly<Record<string, unknown>>): Anchor | null {
  const { id, seal } = readDto(VerifyParameters, query as JsonObject);
  if (!id && !seal) return null;
  if (!seal || !SEAL.test(seal))
    throw new BadRequestError('seal must be the 64 hexadecimal digits of an earlier check.', 'seal');
  return { id: wholeNumber('id', id ?? '', MAX_ID), seal };
}

function wholeNumber(name: string, text: string, most: number): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most) return number;
  throw new BadRequestError(`${name} must be a whole number from 1 to ${most}.`, name);
}

function timeIn(name: string, text: string): number {
  const zoned = /(Z|[+-]\d{2}:\d{2})$/.test(text) || !text.includes(':') ? text : `${text}Z`;
  const ms = TIME.test(text) ? Date.parse(zoned) : NaN;
  if (Number.isNaN(ms))
    throw new BadRequestError(`${name} must be a date or a time such as 2026-02-16T08:00:00Z.`, name);
  return ms;
}
