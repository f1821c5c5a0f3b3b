import { type ImportedCall, type ImportedKind } from '@app/spend';
import { type Spent } from './mapped.js';
import { uuidOf } from './map-spend-log.js';
import { approximate, type ReportItem } from './report.js';
import { usdText } from '@app/call';

/** Floats that were added up a million times differ from their exact sum by about this much: a billionth of a dollar. */
const TOLERATED_PICO_USD = 1_000n;
/** What one row may hold at most is a million dollars. */
const LARGEST_PICO_USD = 10n ** 18n - 1n;

/** What was carried over for a scope so far, in pico-dollars, by {@link scopeOf}. */
export type Carried = ReadonlyMap<string, bigint>;

/** Whose key it is: what lacks for the key lacks for these two as well, most of the time. */
export interface KeyOwner {
  readonly userId: string | null;
  readonly teamId: string | null;
}

export interface OpeningBalances {
  readonly calls: readonly ImportedCall[];
  readonly items: readonly ReportItem[];
}

interface Missing {
  readonly spent: Spent;
  left: bigint;
}

export const scopeOf = (kind: ImportedKind, name: string): string => `${kind}:${name}`;

/**
 * LiteLLM forgets old rows and keeps the sums. What lacks to a sum becomes a row of its own, so that a budget that is
 * spent stays spent: for keys first, at the same time for their users and teams, then for what those have beyond.
 */
export function openingBalances(
  spent: readonly Spent[],
  carried: Carried,
  owners: ReadonlyMap<string, KeyOwner>,
  now: Date,
): OpeningBalances {
  const missing = new Map<string, Missing>();
  const items: ReportItem[] = [];
  for (const one of spent) {
    const wanted = one.window.isOver ? 0n : one.picoUsd;
    const left = wanted - (carried.get(scopeOf(one.kind, one.name)) ?? 0n);
    if (left > TOLERATED_PICO_USD) missing.set(scopeOf(one.kind, one.name), { spent: one, left });
    if (-left > TOLERATED_PICO_USD && !one.window.isOver) items.push(beyond(one, -left));
  }
  const calls: ImportedCall[] = [];
  for (const entry of missing.values()) {
    const parts = entry.spent.kind === 'key' ? partsOfKey(entry.spent.name, missing, owners) : [[entry]];
    for (const part of parts) {
      const amount = part.reduce((least, { left }) => (left < least ? left : least), entry.left);
      for (let rest = amount; rest > 0n; rest -= LARGEST_PICO_USD) {
        calls.push(openingCall(part, rest < LARGEST_PICO_USD ? rest : LARGEST_PICO_USD, now));
      }
      for (const one of part) one.left -= amount;
    }
  }
  return { calls, items };
}

/** Who shares a row with the key: user and team, then either of them, then nobody. */
function partsOfKey(
  hash: string,
  missing: ReadonlyMap<string, Missing>,
  owners: ReadonlyMap<string, KeyOwner>,
): Missing[][] {
  const owner = owners.get(hash);
  const of = (kind: ImportedKind, name: string | null | undefined): Missing | undefined =>
    name ? missing.get(scopeOf(kind, name)) : undefined;
  const [key, user, team] = [of('key', hash), of('user', owner?.userId), of('team', owner?.teamId)];
  const together = [[key, user, team], [key, user], [key, team], [key]];
  return together.map((part) => part.filter((one) => one !== undefined));
}

function openingCall(part: readonly Missing[], picoUsd: bigint, now: Date): ImportedCall {
  const named = (kind: ImportedKind): string | null =>
    part.find(({ spent }) => spent.kind === kind)?.spent.name ?? null;
  const since = part.map(({ spent }) => spent.window.since?.getTime() ?? 0);
  // Inside every window that it has to count in; where there is none, this is when it was carried over.
  const latest = Math.max(...since);
  const startedAtMs = latest > 0 && latest <= now.getTime() ? latest : now.getTime();
  const requestId = `opening balance: ${part.map(({ spent }) => scopeOf(spent.kind, spent.name)).join(', ')}`;
  return {
    ...EMPTY,
    id: uuidOf(`${requestId} ${startedAtMs} ${picoUsd}`),
    requestId,
    startedAtMs,
    costPicoUsd: picoUsd,
    keyHash: named('key') ?? '',
    userId: named('user'),
    teamId: named('team'),
    endUser: named('end_user'),
  };
}

const EMPTY: Omit<ImportedCall, 'id' | 'requestId' | 'startedAtMs' | 'costPicoUsd' | 'keyHash'> = {
  durationMs: 0,
  timeToFirstTokenMs: null,
  promptTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  keyAlias: null,
  userId: null,
  teamId: null,
  endUser: null,
  callType: 'opening_balance',
  deploymentId: null,
  model: 'opening balance',
  modelGroup: 'opening balance',
  provider: null,
  apiBase: null,
  clientAddress: null,
  tags: [],
  status: 200,
  errorType: null,
  errorMessage: null,
};

function beyond({ kind, name }: Spent, picoUsd: bigint): ReportItem {
  const why = `its rows sum to ${usdText(picoUsd)} USD more than LiteLLM counts: somebody has set its spend back; here the rows count`;
  return { kind: 'spend', item: `${kind} ${name.slice(0, 40)}`, ...approximate(why) };
}
