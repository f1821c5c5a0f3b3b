import {
  addDuration,
  BadRequestError,
  durationFrom,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '@app/call';
import { applyLimits, LimitFieldsDto } from '@app/users';
import { type KeyFields } from './dto/key-fields.dto.js';
import { type KeyEntity } from './key.entity.js';
import { isStrongKey } from './key-hash.js';

const ROUTES_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  llm_api: ['llm_api_routes'],
  management: ['management_routes'],
  read_only: ['info_routes'],
};
const MODEL_LIMITS = ['model_rpm_limit', 'model_tpm_limit'] as const;
const ALIAS_HEAD = 'sk-';
const SHORTEST_ROTATION_MS = 3_600_000;

/** Writes those fields that are present; null takes one away. @throws BadRequestError */
export function applyFields(key: KeyEntity, dto: KeyFields, now: Date): void {
  if (dto.key_alias !== undefined) key.keyAlias = aliasOf(dto.key_alias);
  if (dto.user_id !== undefined) key.userId = textOrNull(dto.user_id);
  if (dto.team_id !== undefined) key.teamId = textOrNull(dto.team_id);
  if (dto.organization_id !== undefined) key.organizationId = textOrNull(dto.organization_id);
  if (dto.budget_id !== undefined) key.budgetId = textOrNull(dto.budget_id);
  if (dto.models !== undefined) key.models = [...new Set(dto.models ?? [])];
  if (dto.aliases !== undefined) key.aliases = dto.aliases ?? {};
  if (dto.blocked !== undefined) key.blocked = dto.blocked ?? false;
  if (dto.duration !== undefined) key.expiresAt = expiryOf(dto.duration, now);
  applyRotation(key, dto, now);
  applyRoutes(key, dto);
  applyMetadata(key, dto);
  applyLimits(key, limitsIn(dto), now);
}

/** @throws BadRequestError for a credential that could be guessed */
export function requireStrongKey(credential: string, field: string): void {
  if (!credential.startsWith('sk-')) {
    throw new BadRequestError("Invalid key format. LiteLLM Virtual Key must start with 'sk-'.", field);
  }
  if (isStrongKey(credential)) return;
  throw new BadRequestError(
    'The key is too weak: after `sk-` it needs 20 to 253 printable characters, at least 8 of them distinct.',
    field,
  );
}

/** When a key ends that is made or renewed now. @throws BadRequestError */
export function expiryOf(text: string | null, now: Date, field = 'duration'): Date | null {
  const duration = text && text !== '-1' ? durationFrom(text) : null;
  if (!duration) return null;
  const expiry = addDuration(now, duration);
  if (!expiry) throw new BadRequestError('Invalid duration format: the duration is too long.', field);
  return expiry;
}

const textOrNull = (text: string | null): string | null => text || null;

/** What looks like a key would be taken for one wherever a key or an alias may stand. */
function aliasOf(alias: string | null): string | null {
  if (!alias?.startsWith(ALIAS_HEAD)) return textOrNull(alias);
  throw new BadRequestError('An alias may not begin with `sk-`: it would be taken for a key.', 'key_alias');
}

/** @throws BadRequestError for a rotation without an interval, or one that would never come to rest */
function applyRotation(key: KeyEntity, { auto_rotate, rotation_interval }: KeyFields, now: Date): void {
  if (auto_rotate === undefined && rotation_interval === undefined) return;
  if (auto_rotate !== undefined) key.autoRotate = auto_rotate ?? false;
  if (rotation_interval !== undefined) key.rotationInterval = textOrNull(rotation_interval);
  key.rotationDueAt = nextRotationOf(key, now);
}

/** When a key gets its next credential by itself; null where it never does. @throws BadRequestError */
export function nextRotationOf({ autoRotate, rotationInterval }: KeyEntity, now: Date): Date | null {
  const due = expiryOf(rotationInterval, now, 'rotation_interval');
  if (due && due.getTime() - now.getTime() < SHORTEST_ROTATION_MS)
    throw new BadRequestError('rotation_interval must be at least one hour.', 'rotation_interval');
  if (autoRotate && !due)
    throw new BadRequestError('auto_rotate needs a rotation_interval such as 30d.', 'rotation_interval');
  return autoRotate ? due : null;
}

function applyRoutes(
  key: KeyEntity,
  { allowed_routes, key_type, allowed_cache_controls: controls }: KeyFields,
): void {
  if (controls !== undefined) key.allowedCacheControls = [...new Set(controls ?? [])];
  const ofType = ROUTES_OF_TYPE[key_type ?? 'default'];
  if (ofType && (allowed_routes ?? []).length > 0) {
    throw new BadRequestError('Send either `allowed_routes` or `key_type`, not both.', 'key_type');
  }
  if (ofType) key.allowedRoutes = [...ofType];
  else if (allowed_routes !== undefined) key.allowedRoutes = [...new Set(allowed_routes ?? [])];
  else if (key_type === 'default') key.allowedRoutes = [];
}

/** New metadata replace the old whole; limits by model that stand in them are limits. */
function applyMetadata(key: KeyEntity, { metadata, tags }: KeyFields): void {
  if (metadata !== undefined) {
    const limits: readonly string[] = MODEL_LIMITS;
    const kept = Object.entries(metadata ?? {}).filter(([name]) => !limits.includes(name));
    key.metadata = Object.fromEntries(kept);
    [key.modelRpmLimit, key.modelTpmLimit] = [{}, {}];
  }
  if (tags !== undefined) key.metadata = { ...key.metadata, tags: tags ?? [] };
}

function limitsIn(dto: KeyFields): LimitFieldsDto {
  const { metadata } = dto;
  const inMetadata = MODEL_LIMITS.filter((name) => dto[name] === undefined && metadata?.[name] !== undefined);
  const lifted = inMetadata.map((name): [string, JsonObject] => [name, objectIn(name, metadata?.[name])]);
  // Forms send "" for a field that is empty.
  const { max_budget, soft_budget } = dto;
  const limits = Object.assign(new LimitFieldsDto(), dto, Object.fromEntries<JsonObject>(lifted));
  if (max_budget === '') limits.max_budget = null;
  if (soft_budget === '') limits.soft_budget = null;
  return limits;
}

function objectIn(name: string, value: JsonValue | undefined): JsonObject {
  if (value === null || value === undefined) return {};
  if (isJsonObject(value)) return value;
  throw new BadRequestError(`${name} must be an object`, 'metadata');
}
