import { Injectable } from '@nestjs/common';
import { BadRequestError } from '@app/call';
import { type Actor } from '@app/audit';
import { ConfigStore } from '@app/config';
import { type RegenerateKeyDto } from './dto/update-key.dto.js';
import { refuseUnknown, requireKeyName } from './key-belonging.js';
import { changed, isLimited, KeyMaker, type MadeKey, refuseBeyond } from './key-maker.js';
import { KeyAuthenticator } from './key-authenticator.js';
import { expiryOf, nextRotationOf } from './key-fields.js';
import { bounded } from './key-policy.js';
import { type KeyEntity } from './key.entity.js';
import { generateKey, hashKey, hashOfIdentifier, keyNameOf } from './key-hash.js';
import { KeyStore, type KeyTurn } from './key-store.js';
import { fieldsBeyond } from './minter.js';
import { replaceCredential } from './replaced-credentials.js';

/** Gives keys a new credential. */
@Injectable()
export class KeyRotator {
  constructor(
    private readonly store: KeyStore,
    private readonly maker: KeyMaker,
    private readonly authenticator: KeyAuthenticator,
    private readonly config: ConfigStore,
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
      const grace = dto.grace_period ?? this.config.current.keyRotationGrace;
      const revokeAt = expiryOf(grace, turn.now, 'grace_period');
      const closed = await replaceCredential(turn, before, after, { revokeAt, successorSealed: null });
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
    const after = await changed(before, bounded(dto, this.maker.bounds), turn, 'regenerate');
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
      rotationDueAt: nextRotationOf(after, turn.now),
    });
  }
}
