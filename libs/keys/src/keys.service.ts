import { Injectable } from '@nestjs/common';
import { type EntityManager, QueryFailedError } from 'typeorm';
import { BadRequestError, type Caller, GatewayError, NotFoundError } from '@app/call';
import { unavailableFrom } from '@app/database';
import { SpendTotals } from '@app/spend';
import { type DeleteKeyDto } from './dto/delete-key.dto.js';
import { type GenerateKeyDto } from './dto/generate-key.dto.js';
import { type KeyChange, KeyChanges } from './key-changes.js';
import { KeyAuthenticator } from './key-authenticator.js';
import { KeyEntity } from './key.entity.js';
import { generateKey, hashKey, hashOfIdentifier } from './key-hash.js';
import { KeySnapshots } from './key-snapshots.js';
import { type GeneratedKeyView, type KeyView, toKeyView } from './key-view.js';
import { newKey, requireStrongKey } from './new-key.js';

const UNIQUE_VIOLATION = '23505';

/** Virtual keys: made, deleted, shown. Every change is in force here before the promise resolves. */
@Injectable()
export class KeysService {
  constructor(
    private readonly changes: KeyChanges,
    private readonly snapshots: KeySnapshots,
    private readonly authenticator: KeyAuthenticator,
    private readonly spend: SpendTotals,
  ) {}

  /**
   * Makes a key; its credential is in the reply and nowhere else. A custom `key` that exists already is
   * left as it is and shown. @throws BadRequestError, UnavailableError
   */
  async generate(dto: GenerateKeyDto, caller: Caller): Promise<GeneratedKeyView> {
    const credential = dto.key ? this.acceptable(dto.key) : generateKey();
    const wanted = newKey(credential, dto, caller, new Date());
    const [stored] = await this.write(async (manager, version) => {
      const existing = dto.key ? await manager.findOneBy(KeyEntity, { hash: wanted.hash }) : null;
      if (!existing) await insert(manager, Object.assign(wanted, { version: String(version) }));
      const key = existing ?? wanted;
      return [{ hash: key.hash, version, key }];
    });
    const key = stored?.key ?? wanted;
    return { key: credential, token: key.hash, token_id: key.hash, ...(await this.view(key)) };
  }

  /**
   * Deletes keys by credential, hash or alias. Returns the identifiers that named a key.
   * @throws BadRequestError for an empty list, NotFoundError when nothing matched, UnavailableError
   */
  async delete(dto: DeleteKeyDto): Promise<string[]> {
    const identifiers = dto.keys ?? [];
    const aliases = dto.key_aliases ?? [];
    if (identifiers.length + aliases.length === 0) {
      throw new BadRequestError('Name the keys to delete in `keys` or `key_aliases`.', 'keys');
    }
    const hashes = new Map(identifiers.map((identifier) => [identifier, hashOfIdentifier(identifier)]));
    const deleted: KeyEntity[] = [];
    await this.write(async (manager, version) => {
      const wanted = [...hashes.values()].filter((hash) => hash !== null);
      deleted.push(...(await remove(manager, wanted, aliases)));
      if (deleted.length === 0) throw new NotFoundError('No key matches.', 'keys');
      return deleted.map(({ hash }) => ({ hash, version, key: null }));
    });
    const gone = new Set(deleted.flatMap(({ hash, keyAlias }) => [hash, keyAlias]));
    return [
      ...identifiers.filter((one) => gone.has(hashes.get(one) ?? null)),
      ...aliases.filter((one) => gone.has(one)),
    ];
  }

  /**
   * One key with its spend. A plain key sees itself and the keys of its own user; for it, a foreign key
   * does not exist. @throws NotFoundError, UnavailableError
   */
  async info(identifier: string, caller: Caller): Promise<KeyView> {
    const hash = hashOfIdentifier(identifier);
    const key = hash === null ? null : await this.findByHash(hash);
    if (!key || !maySee(caller, key)) throw new NotFoundError('There is no such key.', 'key');
    return this.view(key);
  }

  private async findByHash(hash: string): Promise<KeyEntity | null> {
    try {
      const [key] = await this.changes.load([hash]);
      return key ?? null;
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    }
  }

  private acceptable(credential: string): string {
    requireStrongKey(credential);
    if (this.authenticator.isMaster(hashKey(credential))) {
      throw new BadRequestError('The key is in use already.', 'key');
    }
    return credential;
  }

  private async view(key: KeyEntity): Promise<KeyView> {
    return toKeyView(key, await this.spend.spentPicoUsd(`key:${key.hash}`));
  }

  /** Writes, and has every following request of this process see it. */
  private async write(
    work: (manager: EntityManager, version: number) => Promise<KeyChange[]>,
  ): Promise<KeyChange[]> {
    const changed = await this.changes.write(work);
    for (const { hash, key, version } of changed) this.snapshots.file(hash, key, version);
    return changed;
  }
}

async function insert(manager: EntityManager, key: KeyEntity): Promise<void> {
  try {
    await manager.insert<object>(KeyEntity, key);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const message = `A key with the alias '${key.keyAlias ?? ''}' exists already.`;
    throw new GatewayError(400, 'bad_request_error', message, { param: 'key_alias', cause: error });
  }
}

function isDuplicate(error: unknown): boolean {
  return (
    error instanceof QueryFailedError && (error.driverError as { code?: string }).code === UNIQUE_VIOLATION
  );
}

async function remove(
  manager: EntityManager,
  hashes: readonly string[],
  aliases: readonly string[],
): Promise<KeyEntity[]> {
  const found = await manager
    .createQueryBuilder(KeyEntity, 'key')
    .where('key.hash = ANY(:hashes) OR key.keyAlias = ANY(:aliases)', { hashes, aliases })
    .getMany();
  const hashesFound = found.map(({ hash }) => hash);
  if (hashesFound.length > 0) await manager.delete(KeyEntity, hashesFound);
  return found;
}

function maySee(caller: Caller, key: KeyEntity): boolean {
  if (caller.role === 'proxy_admin' || caller.role === 'proxy_admin_viewer') return true;
  return caller.keyHash === key.hash || (caller.userId !== null && caller.userId === key.userId);
}
