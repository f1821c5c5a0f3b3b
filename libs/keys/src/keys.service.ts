import { Injectable } from '@nestjs/common';
import { AuthenticationError, type Caller } from '@app/call';
import { type Actor } from '@app/audit';
import { type DeleteKeyDto } from './dto/delete-key.dto.js';
import { type GenerateKeyDto } from './dto/generate-key.dto.js';
import { type RegenerateKeyDto, type UpdateKeyDto } from './dto/update-key.dto.js';
import { KeyFinder } from './key-finder.js';
import { type KeyPage, type OwnersOfKeys } from './key-list.js';
import { type KeyListQuery } from './key-list.query.js';
import { KeyMaker, type MadeKey } from './key-maker.js';
import { KeyRemover, type KeyOwners } from './key-remover.js';
import { requireMinter } from './key-rights.js';
import { KeyRotator } from './key-rotator.js';
import { type GeneratedKeyView, type KeyView, type TokenView } from './key-view.js';

/** Virtual keys: made, changed, deleted, shown. Every change is in force here before the promise resolves. */
@Injectable()
export class KeysService {
  constructor(
    private readonly maker: KeyMaker,
    private readonly rotator: KeyRotator,
    private readonly remover: KeyRemover,
    private readonly finder: KeyFinder,
  ) {}

  /**
   * Makes a key; its credential is in the reply and nowhere else. A custom `key` that exists already is
   * left as it is and shown. @throws BadRequestError, PermissionError, NotFoundError, UnavailableError
   */
  async generate(dto: GenerateKeyDto, actor: Actor): Promise<GeneratedKeyView> {
    requireManager(actor, '/key/generate');
    return this.madeView(await this.maker.generate(dto, actor));
  }

  /** @throws NotFoundError, PermissionError, BadRequestError, UnavailableError */
  async update(dto: UpdateKeyDto, actor: Actor): Promise<TokenView> {
    requireManager(actor, '/key/update');
    return this.finder.view(await this.maker.update(dto, actor));
  }

  /** A new credential for the same key. @throws NotFoundError, PermissionError, BadRequestError, UnavailableError */
  async regenerate(dto: RegenerateKeyDto, actor: Actor): Promise<GeneratedKeyView> {
    requireManager(actor, '/key/regenerate');
    return this.madeView(await this.rotator.regenerate(dto, actor));
  }

  /** @throws NotFoundError, PermissionError, BadRequestError, UnavailableError */
  async block(identifier: string | null | undefined, blocked: boolean, actor: Actor): Promise<TokenView> {
    requireManager(actor, blocked ? '/key/block' : '/key/unblock');
    return this.finder.view(await this.maker.block(identifier, blocked, actor));
  }

  /**
   * Deletes keys by credential, hash or alias. Returns the identifiers that named a key.
   * @throws BadRequestError for an empty list, NotFoundError when nothing matched, PermissionError, UnavailableError
   */
  async delete(dto: DeleteKeyDto, actor: Actor): Promise<string[]> {
    requireManager(actor, '/key/delete');
    return this.remover.delete(dto, actor);
  }

  /** For use cases that delete the owners: nobody's rights are asked here. Returns the hashes. @throws UnavailableError */
  deleteWhere(owners: KeyOwners, actor: Actor): Promise<string[]> {
    return this.remover.deleteWhere(owners, actor);
  }

  /**
   * One key with its spend. A plain key sees itself and the keys of its own user; for it, a foreign key
   * does not exist. @throws NotFoundError, UnavailableError
   */
  info(identifier: string, caller: Caller): Promise<KeyView> {
    return this.finder.info(identifier, caller);
  }

  /** One page of the keys that a caller may see. @throws PermissionError, UnavailableError */
  page(query: KeyListQuery, caller: Caller): Promise<KeyPage> {
    return this.finder.page(query, caller);
  }

  /** Every alias among the keys that a caller may see. @throws PermissionError, UnavailableError */
  aliases(caller: Caller): Promise<string[]> {
    return this.finder.aliases(caller);
  }

  /** The keys of these users and teams, newest first; nobody's rights are asked here. @throws UnavailableError */
  views(of: OwnersOfKeys, limit: number): Promise<TokenView[]> {
    return this.finder.ofOwners(of, limit);
  }

  /** Those that exist, in the order of `hashes`; nobody's rights are asked here. @throws UnavailableError */
  named(hashes: readonly string[]): Promise<TokenView[]> {
    return this.finder.ofHashes(hashes);
  }

  private async madeView({ credential, key }: MadeKey): Promise<GeneratedKeyView> {
    return { key: credential, token_id: key.hash, ...(await this.finder.view(key)) };
  }
}

/** Before anything is read or locked: the many who may not change keys shall not be able to hold up those who do. */
function requireManager({ caller }: Actor, route: string): void {
  if (caller.kind === 'anonymous')
    throw new AuthenticationError('Authentication Error, No api key passed in.');
  requireMinter(caller, route);
}
