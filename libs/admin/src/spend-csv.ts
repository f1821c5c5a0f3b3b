import { csvCell } from '@app/call';
import { type SpendLogRow } from '@app/spend';

const COLUMNS = [
  'startTime',
  'endTime',
  'request_id',
  'call_type',
  'status',
  'model',
  'model_group',
  'custom_llm_provider',
  'api_key',
  'user',
  'team_id',
  'end_user',
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'spend',
  'request_duration_ms',
  'requester_ip_address',
  'request_tags',
] as const satisfies readonly (keyof SpendLogRow)[];

export const CSV_HEAD = `${COLUMNS.join(',')}\r\n`;

/** One line of RFC 4180. */
export function csvLine(row: SpendLogRow): string {
  return `${COLUMNS.map((column) => cellOf(row[column])).join(',')}\r\n`;
}

/** Numbers are ours and stay numbers. */
function cellOf(value: SpendLogRow[(typeof COLUMNS)[number]]): string {
  if (typeof value === 'number') return plainNumber(value);
  return csvCell(typeof value === 'string' ? value : (value?.join(' ') ?? ''));
}

/** 1e-12 is no number to every program. */
function plainNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(12).replace(/\.?0+$/, '') : text;
}
