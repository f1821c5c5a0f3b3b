import { Injectable } from '@nestjs/common';
import { BadRequestError, PermissionError } from '@app/call';
import { type Actor } from '@app/audit';
import { ConfigStore } from '@app/config';
import { type Principals } from '@app/users';
import { type GenerateKeyDto } from './dto/generate-key.dto.js';
import { type UpdateKeyDto } from './dto/update-key.dto.js';
import {
  refuseUnknown,
  requireKeyName,
  requireMayMake,
  requireMayMove,
  requireNamed,
  settleOwner,
} from './key-belonging.js';
import { KeyAuthenticator } from './key-authenticator.js';
import { requireMayGenerate } from './key-generation-policy.js';
import { applyFields, requireStrongKey } from './key-fields.js';
import { bounded, bringWithin, fillIn, type KeyParameters, requireWithin } from './key-policy.js';
import { type KeyEntity } from './key.entity.js';
import { generateKey, hashKey, hashOfIdentifier } from './key-hash.js';
import { type KeyAction, maySee, requireMinter, requireRight } from './key-rights.js';
import { actorName, copyOf, newKey } from './key-row.js';
import { KeyStore, type KeyTurn } from './key-store.js';
import { fieldsBeyond, inheritLimits, isMinterAdmin, type Minter, requireSharedLimits } from './minter.js';

/** A key with the credential that opens it, which nobody can tell later. */
export interface MadeKey {
  readonly credential: string;
  readonly key: KeyEntity;
}

/** Makes and changes keys; none goes beyond the key it was made with. */
@Injectable()
export class KeyMaker {
  constructor(
    private readonly store: KeyStore,
    private readonly authenticator: KeyAuthenticator,
    private readonly config: ConfigStore,
  ) {}

  /** What no key may go beyond. */
  get bounds(): KeyParameters {
    return this.config.current.litellm.keyBounds;
  }

  /**
   * A custom `key` that exists already is left as it is and shown.
   * @throws BadRequestError, PermissionError, NotFoundError for a team that is not there, UnavailableError
   */
  async generate(dto: GenerateKeyDto, actor: Actor): Promise<MadeKey> {
    requireWithin(dto, this.bounds);
    const credential = dto.key ? this.acceptable(dto.key, 'key') : generateKey();
    let made = newKey(credential, actor.caller, new Date());
    await this.store.write(actor, async (turn) => {
      requireMinter({ role: turn.minter.role, userId: actor.caller.userId }, '/key/generate');
      const existing = dto.key ? await turn.find(made.hash) : null;
      if (existing) {
        made = await requireSeen(existing, turn);
        return [];
      }
      made = await this.fill(made, dto, turn);
      await turn.insert(made);
      return [{ action: 'key.generated', before: null, after: made }];
    });
    return { credential, key: made };
  }

  /** @throws NotFoundError, PermissionError, BadRequestError, UnavailableError */
  async update(dto: UpdateKeyDto, actor: Actor): Promise<KeyEntity> {
    const hash = hashOfIdentifier(requireKeyName(dto.key));
    return this.change(hash, actor, async (turn, before) => {
      const after = await changed(before, bounded(dto, this.bounds), turn, 'update');
      await turn.replace(before.hash, after);
      return { action: 'key.updated', after };
    });
  }

  /** @throws NotFoundError, PermissionError, UnavailableError */
  block(identifier: string | null | undefined, blocked: boolean, actor: Actor): Promise<KeyEntity> {
    const hash = hashOfIdentifier(requireKeyName(identifier));
    if (hash === null) throw new BadRequestError('The key is neither a key nor the hash of one.', 'key');
    return this.change(hash, actor, async (turn, before) => {
      requireRight(blocked ? 'block' : 'unblock', before, turn.minter, await turn.above(before));
      const after = stamped(copyOf(before), turn);
      after.blocked = blocked;
      await turn.replace(before.hash, after);
      return { action: blocked ? 'key.blocked' : 'key.unblocked', after };
    });
  }

  /** A credential that somebody has chosen. @throws BadRequestError */
  acceptable(credential: string, field: string): string {
    requireStrongKey(credential, field);
    if (this.authenticator.isMaster(hashKey(credential)))
      throw new BadRequestError('The key is in use already.', field);
    return credential;
  }

  private async fill(wanted: KeyEntity, dto: GenerateKeyDto, turn: KeyTurn): Promise<KeyEntity> {
    const { minter, now } = turn;
    const key = copyOf(wanted);
    const { keyDefaults, keyGeneration } = this.config.current.litellm;
    applyFields(key, dto, now);
    settleOwner(key, minter);
    fillIn(key, { team_id: keyDefaults['team_id'] ?? null }, now);
    const principals = await turn.above(key);
    requireNamedOrForeign(key, null, principals, minter);
    if (!isMinterAdmin(minter)) requireMayMake(key, minter, principals, now);
    requireMayGenerate(keyGeneration, { key, dto }, minter, principals);
    const limited = isLimited(minter, key, principals);
    if (limited) inheritLimits(key, minter);
    fillIn(key, keyDefaults, now);
    bringWithin(key, this.bounds, now);
    if (limited) {
      refuseBeyond(fieldsBeyond(key, principals, minter));
      if (!isMinterAdmin(minter)) requireSharedLimits(key, principals, minter);
    }
    return key;
  }

  private async change(
    hash: string | null,
    actor: Actor,
    work: (turn: KeyTurn, before: KeyEntity) => Promise<{ action: string; after: KeyEntity }>,
  ): Promise<KeyEntity> {
    let result: KeyEntity | undefined;
    await this.store.write(actor, async (turn) => {
      const before = hash === null ? null : await turn.find(hash);
      if (!before) throw refuseUnknown(turn.minter);
      const { action, after } = await work(turn, before);
      result = after;
      return [{ action, before, after }];
    });
    if (!result) throw new Error('The key was not written');
    return result;
  }
}

/** The key as it shall be, judged. @throws PermissionError, BadRequestError, NotFoundError */
export async function changed(
  before: KeyEntity,
  dto: UpdateKeyDto,
  turn: KeyTurn,
  action: KeyAction,
): Promise<KeyEntity> {
  const { minter } = turn;
  requireRight(action, before, minter, await turn.above(before));
  const after = stamped(copyOf(before), turn);
  applyFields(after, dto, turn.now);
  const principals = await turn.above(after);
  requireNamedOrForeign(after, before, principals, minter);
  if (!isMinterAdmin(minter)) requireMayMove(before, after, minter, principals);
  if (isLimited(minter, after, principals)) {
    const beyond = fieldsBeyond(after, principals, minter);
    // What went beyond him before is not his doing, unless it is by the new owner that it does.
    const isMoved = after.userId !== before.userId || after.teamId !== before.teamId;
    const known = isMoved ? [] : fieldsBeyond(before, principals, minter);
    refuseBeyond(beyond.filter((field) => !known.includes(field) || isTouched(field, dto)));
  }
  return after;
}

/** Whether what is made is bound by the key it is made with: an administrator may hand out more than he has, but no admin key. */
export function isLimited(minter: Minter, key: KeyEntity, principals: Principals): boolean {
  if (minter.key === null) return false;
  return !isMinterAdmin(minter) || principals.user(key.userId)?.role === 'proxy_admin';
}

/** @throws PermissionError naming the first field */
export function refuseBeyond(fields: readonly string[]): void {
  const [field] = fields;
  if (field === undefined) return;
  throw new PermissionError(`\`${field}\` goes beyond what the key you use may itself.`, 'auth_error', field);
}

function requireNamedOrForeign(
  key: KeyEntity,
  before: KeyEntity | null,
  principals: Principals,
  minter: Minter,
): void {
  // Who is no administrator learns of a team that is not there what he learns of one that is not his.
  if (isMinterAdmin(minter)) requireNamed(key, before, principals);
}

async function requireSeen(key: KeyEntity, turn: KeyTurn): Promise<KeyEntity> {
  const caller = { ...turn.minter.caller, role: turn.minter.role };
  if (maySee(caller, key, await turn.above(key))) return key;
  throw new BadRequestError('The key is in use already.', 'key');
}

/** A field of one model's limits is touched through any of the fields that can hold them. */
function isTouched(field: string, dto: UpdateKeyDto): boolean {
  if (field.startsWith('model_') || field === 'budget_duration') {
    return [
      dto.metadata,
      dto.model_max_budget,
      dto.model_rpm_limit,
      dto.model_tpm_limit,
      dto.max_budget,
      dto.budget_duration,
    ].some((value) => value !== undefined);
  }
  // Whose it is counts when it changes hands, not when the same user is named again.
  if (field === 'user_id') return false;
  if (field === 'aliases') return dto.aliases !== undefined || dto.models !== undefined;
  if (field === 'allowed_routes') return dto.allowed_routes !== undefined || dto.key_type !== undefined;
  return dto[field as keyof UpdateKeyDto] !== undefined;
}

function stamped(key: KeyEntity, { minter, now }: KeyTurn): KeyEntity {
  return Object.assign(key, { updatedAt: now, updatedBy: actorName(minter.caller) });
}
