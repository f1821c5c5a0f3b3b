import { mapDeprecatedToken, mapKey } from './map-key.js';
import { type MovedDirectory } from './move-directory.js';
import { type Mover } from './mover.js';
import { type KeyOwner } from './opening-balances.js';
import { textIn } from './source-row.js';
import { KEYS, REPLACED_KEYS } from './target-tables.js';

/** Keys by the hashes of their credentials: who has one need not change anything. Answers with their owners, by hash. */
export async function moveKeys(mover: Mover, directory: MovedDirectory): Promise<Map<string, KeyOwner>> {
  const { source, now } = mover;
  const keys = (await source.rows('VerificationToken')).map((row) => mapKey(row, { now, ...directory }));
  const present = await mover.move('keys', KEYS, keys);
  const replaced = (await source.rows('DeprecatedVerificationToken'))
    .map((row) => mapDeprecatedToken(row, now))
    .filter(({ row }) => row !== null && present.has(textIn(row, 'active_hash') ?? ''));
  await mover.move('replaced credentials', REPLACED_KEYS, replaced);
  return new Map(
    keys.flatMap(({ row }): [string, KeyOwner][] =>
      row === null
        ? []
        : [[textIn(row, 'hash') ?? '', { userId: textIn(row, 'user_id'), teamId: textIn(row, 'team_id') }]],
    ),
  );
}
