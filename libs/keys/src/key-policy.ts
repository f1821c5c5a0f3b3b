import {
  addDuration,
  BadRequestError,
  durationFrom,
  type JsonObject,
  type JsonValue,
  picoUsdFrom,
} from '@app/call';
import { GenerateKeyDto } from './dto/generate-key.dto.js';
import { type KeyFields } from './dto/key-fields.dto.js';
import { applyFields } from './key-fields.js';
import { type KeyEntity } from './key.entity.js';

/** Fields of `POST /key/generate` that the configuration says something of. */
export type KeyParameters = Readonly<JsonObject>;

const NOTHING = new Set<JsonValue | undefined>([null, undefined, '', '-1']);

/** What is asked for may not go beyond the bounds of the configuration. @throws BadRequestError naming the field */
export function requireWithin(fields: KeyFields, bounds: KeyParameters): void {
  for (const [field, bound] of Object.entries(bounds)) {
    const value = valueIn(fields, field);
    if (NOTHING.has(value) || !isBeyond(field, value, bound)) continue;
    const most = typeof bound === 'string' || typeof bound === 'number' ? bound : '';
    throw new BadRequestError(
      `${field} is over the limit that the configuration sets for keys: ${most}.`,
      field,
    );
  }
}

/** As {@link requireWithin}, for a key that is changed: what is taken away becomes the bound. */
export function bounded<T extends KeyFields>(fields: T, bounds: KeyParameters): T {
  requireWithin(fields, bounds);
  for (const [field, bound] of Object.entries(bounds)) {
    const value = valueIn(fields, field);
    if (value !== undefined && NOTHING.has(value)) Object.assign(fields, { [field]: bound });
  }
  return fields;
}

/** Fills in what a new key lacks. */
export function fillIn(key: KeyEntity, parameters: KeyParameters, now: Date): void {
  // One after the other: a list of routes leaves no room for a type of key.
  for (const [field, value] of Object.entries(parameters))
    if (LACKS[field]?.(key) === true) applyFields(key, fieldsOf({ [field]: value ?? null }), now);
}

/** Brings a new key within the bounds that it did not ask to go beyond, but lacks or has inherited. */
export function bringWithin(key: KeyEntity, bounds: KeyParameters, now: Date): void {
  fillIn(key, bounds, now);
  for (const [field, bound] of Object.entries(bounds))
    if (isOver(key, field, bound, now)) applyFields(key, fieldsOf({ [field]: bound ?? null }), now);
}

const LACKS: Readonly<Record<string, (key: KeyEntity) => boolean>> = {
  max_budget: ({ maxBudgetUsd }) => maxBudgetUsd === null,
  soft_budget: ({ softBudgetUsd }) => softBudgetUsd === null,
  budget_duration: ({ budgetDuration }) => budgetDuration === null,
  rpm_limit: ({ rpmLimit }) => rpmLimit === null,
  tpm_limit: ({ tpmLimit }) => tpmLimit === null,
  max_parallel_requests: ({ maxParallelRequests }) => maxParallelRequests === null,
  duration: ({ expiresAt }) => expiresAt === null,
  models: ({ models }) => models.length === 0,
  allowed_routes: ({ allowedRoutes }) => allowedRoutes.length === 0,
  key_type: ({ allowedRoutes }) => allowedRoutes.length === 0,
  team_id: ({ teamId }) => teamId === null,
  tags: ({ metadata }) => metadata['tags'] === undefined,
  metadata: ({ metadata, modelRpmLimit, modelTpmLimit }) =>
    [metadata, modelRpmLimit, modelTpmLimit].every((object) => Object.keys(object).length === 0),
};

function isOver(key: KeyEntity, field: string, bound: JsonValue | undefined, now: Date): boolean {
  if (field === 'duration') return (key.expiresAt ?? now) > laterBy(bound, now);
  const held: Readonly<Record<string, JsonValue>> = {
    max_budget: key.maxBudgetUsd,
    budget_duration: key.budgetDuration,
    rpm_limit: key.rpmLimit,
    tpm_limit: key.tpmLimit,
    max_parallel_requests: key.maxParallelRequests,
  };
  return !NOTHING.has(held[field]) && isBeyond(field, held[field], bound);
}

function isBeyond(field: string, value: JsonValue | undefined, bound: JsonValue | undefined): boolean {
  if (field === 'max_budget') return amountOf(value) > amountOf(bound);
  if (field.endsWith('duration')) return laterBy(value, EPOCH) > laterBy(bound, EPOCH);
  return Number(value) > Number(bound);
}

const EPOCH = new Date(0);
const LAST_DATE = new Date(8.64e15);

const amountOf = (value: JsonValue | undefined): bigint =>
  typeof value === 'number' || typeof value === 'string' ? (picoUsdFrom(value) ?? 0n) : 0n;

function laterBy(text: JsonValue | undefined, from: Date): Date {
  const duration = typeof text === 'string' ? durationFrom(text) : null;
  return (duration && addDuration(from, duration)) ?? LAST_DATE;
}

const valueIn = (fields: KeyFields, field: string): JsonValue | undefined =>
  (fields as unknown as JsonObject)[field];

const fieldsOf = (parameters: JsonObject): GenerateKeyDto =>
  Object.assign(new GenerateKeyDto(), structuredClone(parameters));
