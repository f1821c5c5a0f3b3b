import { addDuration, BadRequestError, type Caller, durationFrom, picoUsdFrom, usdText } from '@app/call';
import { type GenerateKeyDto } from './dto/generate-key.dto.js';
import { KeyEntity } from './key.entity.js';
import { hashKey, isStrongKey, keyNameOf } from './key-hash.js';

const ROUTES_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  llm_api: ['llm_api_routes'],
  management: ['management_routes'],
  read_only: ['info_routes'],
};

/** The row for a key that somebody asks for. @throws BadRequestError */
export function newKey(credential: string, dto: GenerateKeyDto, caller: Caller, now: Date): KeyEntity {
  const key = new KeyEntity();
  key.hash = hashKey(credential);
  key.keyName = keyNameOf(credential);
  key.keyAlias = textOrNull(dto.key_alias);
  key.userId = textOrNull(dto.user_id);
  key.teamId = textOrNull(dto.team_id);
  key.models = dto.models ?? [];
  key.aliases = dto.aliases ?? {};
  key.allowedRoutes = allowedRoutesOf(dto);
  key.maxBudgetUsd = budgetOf(dto.max_budget);
  key.expiresAt = expiryOf(dto.duration, now);
  key.blocked = dto.blocked ?? false;
  key.metadata = dto.tags ? { ...dto.metadata, tags: dto.tags } : (dto.metadata ?? {});
  key.createdAt = key.updatedAt = now;
  key.createdBy = key.updatedBy = caller.userId ?? caller.keyHash;
  return key;
}

/** @throws BadRequestError for a credential that could be guessed */
export function requireStrongKey(credential: string): void {
  if (!credential.startsWith('sk-')) {
    throw new BadRequestError("Invalid key format. LiteLLM Virtual Key must start with 'sk-'.", 'key');
  }
  if (isStrongKey(credential)) return;
  throw new BadRequestError(
    'The key is too weak: after `sk-` it needs 20 to 253 printable characters, at least 8 of them distinct.',
    'key',
  );
}

const textOrNull = (text: string | null | undefined): string | null => text || null;

function budgetOf(budget: GenerateKeyDto['max_budget']): string | null {
  const picoUsd = budget === undefined || budget === null ? null : picoUsdFrom(budget);
  return picoUsd === null ? null : usdText(picoUsd);
}

function expiryOf(text: GenerateKeyDto['duration'], now: Date): Date | null {
  const duration = text ? durationFrom(text) : null;
  if (!duration) return null;
  const expiry = addDuration(now, duration);
  if (!expiry) throw new BadRequestError('Invalid duration format: the duration is too long.', 'duration');
  return expiry;
}

function allowedRoutesOf({ allowed_routes, key_type }: GenerateKeyDto): string[] {
  const routes = allowed_routes ?? [];
  const ofType = ROUTES_OF_TYPE[key_type ?? 'default'];
  if (!ofType) return routes;
  if (routes.length === 0) return [...ofType];
  throw new BadRequestError('Send either `allowed_routes` or `key_type`, not both.', 'key_type');
}
