import { type TokenView } from '@app/keys';
import { picoUsdFrom } from '@app/call';
import { keyStatus, shownKeyName } from '../keys.view.js';
import { paths, withQuery } from '../paths.js';
import { shownMoney, shownTime } from '../shown-values.js';
import { modelsText, orMissing } from './limits-panel.view.js';

export const KEYS_SHOWN = 20;

/** The newest keys of an owner; `more` leads to all of them. */
export function keysPanel(keys: readonly TokenView[], search: string): object {
  return {
    keys: keys.slice(0, KEYS_SHOWN).map((key) => ({
      href: paths.key(key.token),
      title: key.key_alias ?? shownKeyName(key.key_name),
      name: key.key_alias === null ? '' : shownKeyName(key.key_name),
      // What it has spent in all says nothing about a budget that starts again.
      status: keyStatus({ ...key, max_budget: null }),
      user: orMissing(key.user_id),
      models: modelsText(key.models),
      spend: shownMoney(picoUsdFrom(key.spend) ?? 0n),
      created: shownTime(new Date(key.created_at), 'day'),
    })),
    more: keys.length > KEYS_SHOWN && { href: withQuery(paths.keys, { q: search }) },
  };
}
