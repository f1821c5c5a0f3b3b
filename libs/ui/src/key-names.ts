import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';

/** What people call keys whose hashes stand in rows. */
@Injectable()
export class KeyNames {
  constructor(private readonly database: ReportDatabase) {}

  /** By hash; deleted keys by the ends of their hash. */
  async of(hashes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.query<{ hash: string; name: string }>(
      'SELECT hash, coalesce(key_alias, key_name) AS name FROM virtual_keys WHERE hash IN (SELECT unnest($1::text[]))',
      [hashes.slice(0, 1_000)],
    );
    const known = new Map(rows.map(({ hash, name }) => [hash, name.replace('...', '…')]));
    return new Map(
      hashes.map((hash) => [hash, known.get(hash) ?? (hash && `${hash.slice(0, 4)}…${hash.slice(-4)}`)]),
    );
  }
}
