import { BadRequestError, type JsonObject, type JsonValue, PermissionError } from '@app/call';
import { type KeyGenerationRule } from '@app/config';
import { type Principals } from '@app/users';
import { type GenerateKeyDto } from './dto/generate-key.dto.js';
import { type KeyEntity } from './key.entity.js';
import { isMinterAdmin, type Minter } from './minter.js';

interface Rules {
  readonly team: KeyGenerationRule;
  readonly personal: KeyGenerationRule;
}

const UNSAID = new Set<JsonValue | undefined>([null, undefined, '']);

/**
 * What the configuration wants of who makes a key, and of his request. Administrators may make every key; of their own
 * kind, that of a person, they have to say as much as everybody.
 * @throws PermissionError, BadRequestError naming the field
 */
export function requireMayGenerate(
  rules: Rules,
  { key, dto }: { readonly key: KeyEntity; readonly dto: GenerateKeyDto },
  minter: Minter,
  principals: Principals,
): void {
  if (key.teamId === null) {
    requireRole(rules.personal, minter.role, minter, 'Personal key creation has been restricted');
    requireSaid(rules.personal, dto, 'personal');
    return;
  }
  if (isMinterAdmin(minter)) return;
  const role = principals.member(key.teamId, minter.caller.userId)?.role ?? null;
  requireRole(rules.team, role, minter, 'Making keys of a team has been restricted');
  requireSaid(rules.team, dto, 'team');
}

function requireRole(
  { allowedRoles }: KeyGenerationRule,
  role: string | null,
  minter: Minter,
  what: string,
): void {
  if (allowedRoles === null || isMinterAdmin(minter) || (role !== null && allowedRoles.includes(role)))
    return;
  throw new PermissionError(
    `${what} by the administrator. Allowed roles: ${allowedRoles.join(', ')}. Your role: ${role ?? 'none'}.`,
  );
}

function requireSaid({ requiredParams }: KeyGenerationRule, dto: GenerateKeyDto, kind: string): void {
  const missing = requiredParams.find((field) => UNSAID.has((dto as unknown as JsonObject)[field]));
  if (missing === undefined) return;
  throw new BadRequestError(`\`${missing}\` is required for a ${kind} key.`, missing);
}
