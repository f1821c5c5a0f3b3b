import { isJsonObject, type JsonObject } from '@app/call';
import { type SpendLogRow } from '@app/spend';
import { detailsOf, textIn } from './calls.view.js';
import { periodText } from './owners/limits-panel.view.js';
import { fineMoney, MISSING } from './shown-values.js';

interface LimitLine {
  readonly label: string;
  readonly of: string;
  readonly allowed: string;
  readonly before: string;
  readonly used: string;
  readonly after: string;
  /** It refused the call. */
  readonly isRefusal: boolean;
}

const LABELS: Readonly<Record<string, string>> = {
  requests: 'Requests a minute',
  tokens: 'Tokens a minute',
  parallel: 'Calls at once',
};

/** What the holder of a key may know the state of; the rest is shared with others. */
const OWN_SCOPES = new Set<unknown>(['key', 'user', 'team_member', 'end_user']);

/** The limits that bound a call, with what was left of them before it and after its own part was taken; false where none did. */
export function limitsView(row: SpendLogRow, isAdmin: boolean): object | false {
  const limits = row.metadata['limits'];
  const all = Array.isArray(limits) ? limits.filter(isJsonObject) : [];
  const seen = all.filter(({ scope, refused }) => isAdmin || refused === true || OWN_SCOPES.has(scope));
  if (seen.length === 0) return false;
  const isRefused = seen.some(({ refused }) => refused === true);
  return { sub: isRefused ? 'one of them refused it' : '', lines: seen.map((limit) => lineOf(limit, row)) };
}

function lineOf(limit: JsonObject, row: SpendLogRow): LimitLine {
  const isMoney = limit['kind'] === 'money';
  const shown = (amount: bigint): string => (isMoney ? fineMoney(amount) : amount.toLocaleString('en-US'));
  const [cap, before, used] = ['cap', 'before', 'used'].map((name) => BigInt(textIn(limit, name) ?? 0));
  const after = (before ?? 0n) - (used ?? 0n);
  return {
    label: labelOf(limit),
    of: ownerOf(limit, row),
    allowed: shown(cap ?? 0n),
    before: shown(before ?? 0n),
    used: used === 0n ? MISSING : shown(used ?? 0n),
    after: shown(after > 0n ? after : 0n),
    isRefusal: limit['refused'] === true,
  };
}

function labelOf(limit: JsonObject): string {
  const label =
    LABELS[textIn(limit, 'kind') ?? ''] ?? `Budget ${periodText(textIn(limit, 'duration'))}`.trim();
  const model = textIn(limit, 'model');
  return model === null ? label : `${label}, ${model}`;
}

function ownerOf(limit: JsonObject, row: SpendLogRow): string {
  const team = row.team_id ?? '';
  switch (limit['scope']) {
    case 'key':
      return `Key ${detailsOf(row).keyName}`;
    case 'user':
      return `User ${row.user}`;
    case 'team':
      return `Team ${team}`;
    case 'team_member':
      return `${row.user} in team ${team}`;
    case 'end_user':
      return `End user ${row.end_user}`;
    case 'organization':
      return 'Organization';
    default:
      return 'The gateway';
  }
}
