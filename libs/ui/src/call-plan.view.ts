import { type Deployment, type JsonObject } from '@app/call';
import { type SpendLogRow } from '@app/spend';
import { triesOf } from './call-phases.js';
import { callStatus, objectIn, textIn } from './calls.view.js';
import { MISSING, plural, shownDuration } from './shown-values.js';

export interface PlannedCall {
  readonly row: SpendLogRow;
  readonly isAdmin: boolean;
  /** What is there now, by id. */
  readonly deployments: ReadonlyMap<string, Deployment>;
}

interface PlanLine {
  /** The deployment's id, or the name of a group. */
  readonly name: string;
  readonly note: string;
  readonly number?: string;
  readonly isFaint: boolean;
  readonly status: object;
  readonly sent: string;
  readonly took: string;
}

const NOT_ASKED = { tone: 'off', label: 'Not asked', note: '' };

/** Why a call went where it went: the plan, what was tried of it, and a sentence. */
export function planView({ row, isAdmin, deployments }: PlannedCall): object {
  const reason = textIn(row.metadata, 'routing_reason');
  const count = Number(row.metadata['attempts'] ?? 0);
  return {
    sub: count === 0 ? '' : plural(count, 'attempt'),
    lines: isAdmin ? linesOf(row, count).map((line) => named(line, deployments)) : [],
    text:
      count === 0
        ? 'It was refused before any backend was asked.'
        : isAdmin && reason !== null
          ? `Why: ${reason}.`
          : 'A backend was asked.',
  };
}

function linesOf(row: SpendLogRow, count: number): PlanLine[] {
  const plan = objectIn(row.metadata, 'routing_plan');
  const own = new Set(textsIn(plan, 'deployments'));
  const tried = triesOf(row);
  const asked = tried.length > 0 ? tried.map((one) => triedLine(one, own)) : onlyLine(row, count, own);
  const askedIds = new Set(asked.map(({ name }) => name));
  const isAnsweredByFallback = own.size > 0 && asked.some(({ name }) => !own.has(name));
  return [
    ...asked.map((line, index) => ({ ...line, number: `${index + 1}.` })),
    ...[...own].filter((id) => !askedIds.has(id)).map((id) => idleLine(id, 'also in the group')),
    ...(isAnsweredByFallback ? [] : textsIn(plan, 'fallbacks').map((name) => idleLine(name, 'fallback'))),
  ];
}

function triedLine(attempt: JsonObject, own: ReadonlySet<string>): PlanLine {
  const name = textIn(attempt, 'deployment_id') ?? MISSING;
  const status = Number(attempt['status'] ?? 0);
  const error = textIn(attempt, 'error_message') ?? textIn(attempt, 'error_class') ?? '';
  return {
    name,
    note: [roleOf(name, own), error].filter(Boolean).join(': '),
    isFaint: false,
    status: status > 0 ? callStatus(status) : { tone: 'warn', label: 'No answer', note: '' },
    sent: `+${shownDuration(Number(attempt['begun_ms'] ?? 0))}`,
    took: shownDuration(Number(attempt['duration_ms'] ?? 0)),
  };
}

/** One try that succeeded leaves nothing but its row. */
function onlyLine(row: SpendLogRow, count: number, own: ReadonlySet<string>): PlanLine[] {
  if (count === 0) return [];
  const queueMs = Number(row.metadata['queue_time_ms'] ?? 0);
  const name = row.model_id || MISSING;
  return [
    {
      name,
      note: roleOf(name, own),
      isFaint: false,
      status: callStatus(Number(row.metadata['http_status'] ?? 0)),
      sent: `+${shownDuration(queueMs)}`,
      took: shownDuration(row.request_duration_ms - queueMs),
    },
  ];
}

/** Ids are digests: what it is and where it stands tells more. */
function named(line: PlanLine, deployments: PlannedCall['deployments']): object {
  const deployment = deployments.get(line.name);
  const shortId = ID.test(line.name) ? `${line.name.slice(0, 8)}…` : line.name;
  const name = deployment ? `${deployment.upstreamModel} at ${deployment.origin}` : shortId;
  return { ...line, name: [line.number, name].filter(Boolean).join(' '), title: line.name };
}

const ID = /^[0-9a-f]{64}$/;

const roleOf = (deployment: string, own: ReadonlySet<string>): string =>
  own.size > 0 && !own.has(deployment) ? 'fallback' : '';

const idleLine = (name: string, note: string): PlanLine => ({
  name,
  note,
  isFaint: true,
  status: NOT_ASKED,
  sent: MISSING,
  took: MISSING,
});

function textsIn(object: JsonObject, name: string): string[] {
  const list = object[name];
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
}
