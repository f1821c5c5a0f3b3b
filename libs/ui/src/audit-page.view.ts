import { type AuditView } from '@app/audit';
import { type JsonObject } from '@app/call';
import { paths, withQuery } from './paths.js';
import { actorName } from './made-by.js';
import { MISSING, shownTime } from './shown-values.js';

export interface AuditQuery {
  readonly entity: string;
  readonly id: string;
  /** Only entries older than this one. */
  readonly before: number | null;
}

const MAX_LENGTH = 200;
const MAX_CHANGES = 12;
const MAX_VALUE = 160;

export function readAuditQuery(query: URLSearchParams): AuditQuery {
  const text = (name: string): string =>
    (query.get(name) ?? '').replaceAll('\0', '').toWellFormed().trim().slice(0, MAX_LENGTH);
  const before = query.get('before') ?? '';
  return {
    entity: text('entity'),
    id: text('id'),
    before: /^\d{1,15}$/.test(before) ? Number(before) : null,
  };
}

/** The changes, newest first, each with what was and what is. */
export function auditView(query: AuditQuery, entries: readonly AuditView[], hasMore: boolean): object {
  const { entity, id, before } = query;
  const href = (next: number | null): string =>
    withQuery(paths.audit, { entity, id, before: next === null ? null : String(next) });
  const last = entries.at(-1);
  return {
    subtitle: 'Every change that somebody made, sealed one to the next',
    action: paths.audit,
    filter: { entity, id },
    entries: entries.map((entry) => ({
      time: shownTime(new Date(entry.at), 'moment'),
      action: entry.action,
      subject: nameIn(entry) ?? entry.entity_id,
      entity: entry.entity,
      actor: actorName(entry.actor.user_id ?? entry.actor.key_name),
      address: entry.address,
      changes: changesIn(entry.before, entry.after),
    })),
    pager: {
      text: 'Newest first',
      first: before !== null && { href: href(null) },
      next: hasMore && last !== undefined && { href: href(last.id) },
    },
    empty: {
      icon: 'audit',
      title: 'No change matches',
      text: 'Keys, users, teams and models that are made, changed or deleted are noted here, with who did it.',
    },
  };
}

function nameIn({ before, after }: AuditView): string | null {
  for (const name of ['key_alias', 'team_alias', 'user_email', 'model_name']) {
    const value = after?.[name] ?? before?.[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/** The members that differ, as text. */
function changesIn(
  before: JsonObject | null,
  after: JsonObject | null,
): { name: string; was: string; is: string }[] {
  if (before === null || after === null) return [];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => !name.startsWith('updated_'))
    .map((name) => ({ name, was: textOf(before[name]), is: textOf(after[name]) }))
    .filter(({ was, is }) => was !== is)
    .slice(0, MAX_CHANGES);
}

function textOf(value: JsonObject[string] | undefined): string {
  if (value === undefined || value === null) return MISSING;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)} …` : text;
}
