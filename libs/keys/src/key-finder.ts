import { Injectable } from '@nestjs/common';
import { type Caller, NotFoundError } from '@app/call';
import { unavailableFrom } from '@app/database';
import { SpendTotals } from '@app/spend';
import { type KeyEntity } from './key.entity.js';
import { hashOfIdentifier } from './key-hash.js';
import { KeyList, type KeyPage, type OwnersOfKeys } from './key-list.js';
import { type KeyListQuery } from './key-list.query.js';
import { KeyReader } from './key-reader.js';
import { maySee } from './key-rights.js';
import { type KeyView, type TokenView, toKeyView } from './key-view.js';

/** Shows single keys with what they have spent. */
@Injectable()
export class KeyFinder {
  constructor(
    private readonly reader: KeyReader,
    private readonly spend: SpendTotals,
    private readonly lists: KeyList,
  ) {}

  /** For who may not see it a key does not exist. @throws NotFoundError, UnavailableError */
  async info(identifier: string, caller: Caller): Promise<KeyView> {
    const hash = hashOfIdentifier(identifier);
    const key = hash === null ? null : await this.visible(hash, caller);
    if (!key) throw new NotFoundError('There is no such key.', 'key');
    return toKeyView(key, await this.spend.spentPicoUsd(`key:${key.hash}`));
  }

  async view(key: KeyEntity): Promise<TokenView> {
    const spent = await this.spend.spentPicoUsd(`key:${key.hash}`);
    return { token: key.hash, ...toKeyView(key, spent) };
  }

  /** One page of the keys that a caller may see. @throws PermissionError, UnavailableError */
  page(query: KeyListQuery, caller: Caller): Promise<KeyPage> {
    return this.lists.page(query, caller);
  }

  /** @throws PermissionError, UnavailableError */
  aliases(caller: Caller): Promise<string[]> {
    return this.lists.aliases(caller);
  }

  /** The keys of these owners, newest first. @throws UnavailableError */
  ofOwners(of: OwnersOfKeys, limit: number): Promise<TokenView[]> {
    return this.lists.ofOwners(of, limit);
  }

  /** @throws UnavailableError */
  ofHashes(hashes: readonly string[]): Promise<TokenView[]> {
    return this.lists.ofHashes(hashes);
  }

  private async visible(hash: string, caller: Caller): Promise<KeyEntity | null> {
    try {
      const [found] = await this.reader.load([hash]);
      const key = found?.loaded?.key;
      if (!key) return null;
      const principals = await this.reader.principalsOf([key], undefined, caller.userId);
      return maySee(caller, key, principals) ? key : null;
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    }
  }
}
