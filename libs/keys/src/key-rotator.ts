import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { BadRequestError } from '@app/call';
import { type Actor } from '@app/audit';
import { type RegenerateKeyDto } from './dto/update-key.dto.js';
import { refuseUnknown, requireKeyName } from './key-belonging.js';
import { changed, isLimited, KeyMaker, type MadeKey, refuseBeyond } from './key-maker.js';
import { KeyAuthenticator } from './key-authenticator.js';
import { expiryOf } from './key-fields.js';
import { type KeyEntity } from './key.entity.js';
import { generateKey, hashKey, hashOfIdentifier, keyNameOf } from './key-hash.js';
import { KeyStore, type KeyTurn } from './key-store.js';
import { fieldsBeyond } from './minter.js';

const KEEP_OPEN = 'INSERT INTO replaced_keys (hash, active_hash, revoke_at) VALUES ($1, $2, $3)';
const FORGET = `DELETE FROM replaced_keys WHERE hash = $1 OR revoke_at < now() - interval '1 day'`;
const OPEN_TOO = 'SELECT hash FROM replaced_keys WHERE active_hash = $1';

/** What a key has spent goes with it: totals are kept by scope, and the scope is named after the hash. */
const CARRY_SPEND = `
  INSERT INTO spend_totals AS total (scope, window_start, spent_pico_usd, requests)
  SELECT replace(scope, $1, $2), window_start, spent_pico_usd, requests FROM spend_totals
  WHERE scope >= $1 AND scope < $1 || '~'
  ON CONFLICT (scope, window_start) DO UPDATE
    SET spent_pico_usd = total.spent_pico_usd + excluded.spent_pico_usd, requests = total.requests + excluded.requests`;

/** Gives keys a new credential. */
@Injectable()
export class KeyRotator {
  constructor(
    private readonly store: KeyStore,
    private readonly maker: KeyMaker,
    private readonly authenticator: KeyAuthenticator,
  ) {}

  /**
   * The old credential ends now, or after the grace period; limits and spend go over to the new one.
   * @throws NotFoundError, PermissionError, BadRequestError, UnavailableError
   */
  async regenerate(dto: RegenerateKeyDto, actor: Actor): Promise<MadeKey> {
    const hash = hashOfIdentifier(requireKeyName(dto.key));
    if (hash !== null && this.authenticator.isMaster(hash))
      throw new BadRequestError('The master key is set by the configuration, not by a request.', 'key');
    const credential = dto.new_key ? this.maker.acceptable(dto.new_key, 'new_key') : generateKey();
    let made: KeyEntity | undefined;
    await this.store.write(actor, async (turn) => {
      const before = hash === null ? null : await turn.find(hash);
      if (!before) throw refuseUnknown(turn.minter);
      const after = await this.renewed(before, credential, dto, turn);
      const closed = await replaceCredential(turn, before, after, dto.grace_period ?? null);
      made = after;
      return [{ action: 'key.regenerated', before, after, closed }];
    });
    if (!made) throw new Error('The key was not written');
    return { credential, key: made };
  }

  private async renewed(
    before: KeyEntity,
    credential: string,
    dto: RegenerateKeyDto,
    turn: KeyTurn,
  ): Promise<KeyEntity> {
    const after = await changed(before, dto, turn, 'regenerate');
    const { minter } = turn;
    // Whoever gets the credential may use all of the key, not only what he has touched.
    if (minter.key?.hash !== before.hash) {
      const principals = await turn.above(after);
      if (isLimited(minter, after, principals)) refuseBeyond(fieldsBeyond(after, principals, minter));
    }
    return Object.assign(after, {
      hash: hashKey(credential),
      keyName: keyNameOf(credential),
      rotatedAt: turn.now,
      rotationCount: before.rotationCount + 1,
    });
  }
}

/** Answers with every credential that is touched besides the two. */
async function replaceCredential(
  { manager, now, replace, find }: KeyTurn,
  before: KeyEntity,
  after: KeyEntity,
  grace: string | null,
): Promise<string[]> {
  if (before.hash === after.hash || (await find(after.hash)))
    throw new BadRequestError('The new key is in use already.', 'new_key');
  const openToo = await hashesIn(manager, before.hash);
  await replace(before.hash, after);
  await manager.query(FORGET, [after.hash]);
  const revokeAt = expiryOf(grace, now, 'grace_period');
  if (revokeAt && revokeAt > now) await manager.query(KEEP_OPEN, [before.hash, after.hash, revokeAt]);
  await manager.query(CARRY_SPEND, [`key:${before.hash}`, `key:${after.hash}`]);
  return openToo;
}

/** Credentials that a key has replaced and that still open it. */
export async function hashesIn(manager: EntityManager, activeHash: string): Promise<string[]> {
  const rows = await manager.query<{ hash: string }[]>(OPEN_TOO, [activeHash]);
  return rows.map(({ hash }) => hash);
}
