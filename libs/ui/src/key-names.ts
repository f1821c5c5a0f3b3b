import { Injectable } from '@nestjs/common';
import { SpendNames } from '@app/admin';
import { shownKeyName } from './keys.view.js';

const MAX_NAMES = 1_000;

/** What people call keys whose hashes stand in rows. */
@Injectable()
export class KeyNames {
  constructor(private readonly names: SpendNames) {}

  /** By hash; deleted keys by the ends of their hash. */
  async of(hashes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const nameOf = await this.names.ofKeys(hashes.slice(0, MAX_NAMES));
    return new Map(
      hashes.map((hash) => {
        const { key_alias: alias, key_name: name } = nameOf(hash);
        const known = alias ?? (name && shownKeyName(name));
        return [hash, known ?? (hash && `${hash.slice(0, 4)}…${hash.slice(-4)}`)];
      }),
    );
  }
}
