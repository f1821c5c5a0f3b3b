import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { BadRequestError, NotFoundError } from '@app/call';
import { type Actor } from '@app/audit';
import { type DeleteKeyDto } from './dto/delete-key.dto.js';
import { hashesIn } from './replaced-credentials.js';
import { KeyEntity } from './key.entity.js';
import { hashOfIdentifier } from './key-hash.js';
import { notYours, requireRight } from './key-rights.js';
import { actorName } from './key-row.js';
import { type KeyDeed, KeyStore, type KeyTurn } from './key-store.js';
import { toAuditView } from './key-view.js';
import { isMinterAdmin } from './minter.js';

/** Whose keys are to go: all of these users, all of these teams, or of these members within their teams. */
export interface KeyOwners {
  readonly userIds?: readonly string[];
  readonly teamIds?: readonly string[];
  readonly members?: readonly { readonly teamId: string; readonly userId: string }[];
}

const KEEP = `
  INSERT INTO deleted_keys (hash, deleted_at, deleted_by, key_alias, user_id, team_id, organization_id, shown)
  SELECT hash, $1, $2, key_alias, user_id, team_id, organization_id, shown::jsonb
  FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS gone (hash, key_alias, user_id, team_id, organization_id, shown)`;

/** Deletes keys; what they were is kept. */
@Injectable()
export class KeyRemover {
  constructor(private readonly store: KeyStore) {}

  /**
   * Deletes keys by credential, hash or alias. Returns the identifiers that named a key.
   * @throws BadRequestError for an empty list, NotFoundError when nothing matched, PermissionError, UnavailableError
   */
  async delete(dto: DeleteKeyDto, actor: Actor): Promise<string[]> {
    const identifiers = dto.keys ?? [];
    const aliases = dto.key_aliases ?? [];
    if (identifiers.length + aliases.length === 0) {
      throw new BadRequestError('Name the keys to delete in `keys` or `key_aliases`.', 'keys');
    }
    const hashes = new Map(identifiers.map((identifier) => [identifier, hashOfIdentifier(identifier)]));
    const gone = new Set<string | null>();
    await this.store.write(actor, async (turn) => {
      const wanted = [...hashes.values()].filter((hash) => hash !== null);
      const found = await named(turn.manager, wanted, aliases);
      const named_ = new Set(found.flatMap(({ hash, keyAlias }) => [hash, keyAlias]));
      const isComplete = [...wanted, ...aliases].every((one) => named_.has(one));
      if (!isMinterAdmin(turn.minter) && !isComplete) throw notYours();
      if (found.length === 0) throw new NotFoundError('No key matches.', 'keys');
      for (const key of found) requireRight('delete', key, turn.minter, await turn.above(key));
      for (const one of named_) gone.add(one);
      return remove(turn, found);
    });
    return [
      ...identifiers.filter((one) => gone.has(hashes.get(one) ?? null)),
      ...aliases.filter((one) => gone.has(one)),
    ];
  }

  /** For who is entitled to delete the owners themselves: nobody is asked here. Returns the hashes. */
  async deleteWhere(owners: KeyOwners, actor: Actor): Promise<string[]> {
    let hashes: string[] = [];
    await this.store.write(actor, async (turn) => {
      const found = await ownedBy(turn.manager, owners);
      hashes = found.map(({ hash }) => hash);
      return remove(turn, found);
    });
    return hashes;
  }
}

async function remove({ manager, now, minter }: KeyTurn, keys: readonly KeyEntity[]): Promise<KeyDeed[]> {
  if (keys.length === 0) return [];
  const deletedBy = actorName(minter.caller);
  const shown = (key: KeyEntity) =>
    JSON.stringify({ ...toAuditView(key), deleted_at: now.toISOString(), deleted_by: deletedBy });
  const closed = new Map<string, string[]>();
  for (const { hash } of keys) closed.set(hash, await hashesIn(manager, hash));
  await manager.query(KEEP, [
    now,
    deletedBy,
    keys.map(({ hash }) => hash),
    keys.map(({ keyAlias }) => keyAlias),
    keys.map(({ userId }) => userId),
    keys.map(({ teamId }) => teamId),
    keys.map(({ organizationId }) => organizationId),
    keys.map(shown),
  ]);
  await manager.query('DELETE FROM virtual_keys WHERE hash = ANY ($1::text[])', [
    keys.map(({ hash }) => hash),
  ]);
  return keys.map((before) => ({
    action: 'key.deleted',
    before,
    after: null,
    closed: closed.get(before.hash) ?? [],
  }));
}

function named(
  manager: EntityManager,
  hashes: readonly string[],
  aliases: readonly string[],
): Promise<KeyEntity[]> {
  return manager
    .createQueryBuilder(KeyEntity, 'key')
    .where('key.hash = ANY(:hashes) OR key.keyAlias = ANY(:aliases)', { hashes, aliases })
    .getMany();
}

function ownedBy(manager: EntityManager, owners: KeyOwners): Promise<KeyEntity[]> {
  const { userIds = [], teamIds = [], members = [] } = owners;
  return manager
    .createQueryBuilder(KeyEntity, 'key')
    .where('key.userId = ANY(:userIds) OR key.teamId = ANY(:teamIds)', { userIds, teamIds })
    .orWhere('(key.teamId, key.userId) IN (SELECT * FROM unnest(:teams::text[], :users::text[]))', {
      teams: members.map(({ teamId }) => teamId),
      users: members.map(({ userId }) => userId),
    })
    .getMany();
}
