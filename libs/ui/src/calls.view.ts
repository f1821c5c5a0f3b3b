import { isJsonObject, type JsonObject, picoUsdFrom } from '@app/call';
import { type SpendLogRow } from '@app/spend';
import { firstTokenMs, MINIATURE_MS, phasesLabel, phasesOf } from './call-phases.js';
import { paths } from './paths.js';
import { MISSING, shownCount, shownDuration, shownMoney, shownTime } from './shown-values.js';

const WORDS: Readonly<Record<number, string>> = {
  400: 'bad request',
  401: 'no valid key',
  403: 'not allowed',
  404: 'not found',
  429: 'limit',
  499: 'client left',
  502: 'no answer',
  503: 'away',
  504: 'too slow',
};

export interface StatusView {
  readonly tone: 'good' | 'warn' | 'bad' | 'off' | 'busy';
  readonly label: string;
  readonly note: string;
}

/** Shape, word and colour of how a call ended. */
export function callStatus(status: number): StatusView {
  const tone = status < 400 ? 'good' : status === 499 ? 'off' : status < 500 ? 'warn' : 'bad';
  return { tone, label: String(status), note: WORDS[status] ?? '' };
}

/** What a row says beyond the contract's columns. */
export function detailsOf({ metadata }: SpendLogRow): {
  readonly recordId: string;
  readonly status: number;
  readonly unpriced: boolean;
  readonly keyName: string;
} {
  const alias = textIn(metadata, 'user_api_key_alias');
  const hash = textIn(metadata, 'user_api_key') ?? '';
  return {
    recordId: textIn(metadata, 'record_id') ?? '',
    status: Number(metadata['http_status'] ?? 0),
    unpriced: metadata['unpriced'] === true,
    keyName: alias ?? (hash === '' ? MISSING : `${hash.slice(0, 4)}…${hash.slice(-4)}`),
  };
}

export function textIn(object: JsonObject, name: string): string | null {
  const value = object[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

export function objectIn(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

export const picoOf = (row: SpendLogRow): bigint => picoUsdFrom(row.spend) ?? 0n;

/** The rows of the table of calls. */
export function callRows(rows: readonly SpendLogRow[]): object[] {
  return rows.map((row) => {
    const { recordId, status, unpriced, keyName } = detailsOf(row);
    const bars = phasesOf(row, MINIATURE_MS);
    return {
      href: paths.log(recordId),
      isBad: status >= 500,
      time: shownTime(new Date(row.startTime), 'time'),
      status: callStatus(status),
      model: row.model || MISSING,
      key: keyName,
      tokens: row.total_tokens > 0 && {
        in: shownCount(row.prompt_tokens),
        out: shownCount(row.completion_tokens),
      },
      firstToken: shownDuration(firstTokenMs(row)),
      duration: shownDuration(row.request_duration_ms),
      phases: { bars, label: phasesLabel(bars) },
      cost: costOf(row, status, unpriced),
    };
  });
}

function costOf(row: SpendLogRow, status: number, unpriced: boolean): string {
  if (unpriced && status < 400) return 'Unpriced';
  return row.spend === 0 && status >= 400 ? MISSING : shownMoney(picoOf(row));
}
