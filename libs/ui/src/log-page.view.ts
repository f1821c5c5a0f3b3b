import { type Deployment } from '@app/call';
import { type SpendLogRow } from '@app/spend';
import { type BookedAttempt } from './attempt-reader.js';
import { phasesOf, timeTicks } from './call-phases.js';
import { callStatus, detailsOf, firstTokenMs, objectIn, picoOf, textIn } from './calls.view.js';
import { costView } from './cost-formula.view.js';
import { paths } from './paths.js';
import { MISSING, shownCount, shownDuration, shownMoney, shownTime } from './shown-values.js';

export interface LoggedCall {
  readonly row: SpendLogRow;
  readonly attempts: readonly BookedAttempt[];
  /** As it is now; null where it is gone since. */
  readonly deployment: Deployment | null;
  readonly isAdmin: boolean;
}

/** One call: its numbers, where the time went, attempts, cost and request. */
export function logView(call: LoggedCall): object {
  const { row, isAdmin } = call;
  const { status, keyName } = detailsOf(row);
  const answered = row.model !== row.model_group && status < 400 ? row.model : '';
  return {
    crumb: { href: paths.logs },
    asked: row.model_group || MISSING,
    answered,
    status: callStatus(status),
    time: shownTime(new Date(row.startTime), 'moment'),
    key: { name: keyName, href: isAdmin && row.api_key ? paths.key(row.api_key) : '' },
    callId: textIn(row.metadata, 'call_id') ?? '',
    error: errorOf(row),
    stats: statsOf(row),
    timeline: timelineOf(row),
    ...attemptsOf(call),
    cost: costView(row, call.deployment),
    facts: factsOf(row),
  };
}

function errorOf(row: SpendLogRow): object | false {
  const information = objectIn(row.metadata, 'error_information');
  const message = textIn(information, 'error_message');
  if (message === null) return false;
  const { status } = detailsOf(row);
  const title = `${textIn(information, 'error_class') ?? 'It failed'}.`;
  return {
    tone: status >= 500 ? 'bad' : 'warn',
    icon: status >= 500 ? 'stop' : 'alert',
    title,
    text: message,
  };
}

function statsOf(row: SpendLogRow): object[] {
  const firstMs = firstTokenMs(row);
  const streamMs = firstMs === null ? 0 : row.request_duration_ms - firstMs;
  const speed = streamMs > 0 && row.completion_tokens > 1 ? (row.completion_tokens * 1000) / streamMs : null;
  const overheadMs = row.metadata['litellm_overhead_time_ms'];
  const isEstimated = row.metadata['usage_estimated'] === true;
  return [
    {
      label: 'Duration',
      value: shownDuration(row.request_duration_ms),
      note: typeof overheadMs === 'number' ? `${shownDuration(overheadMs)} of it in the gateway` : '',
    },
    { label: 'First token', value: shownDuration(firstMs), note: firstMs === null ? 'no content came' : '' },
    {
      label: 'Speed',
      value: speed === null ? MISSING : shownCount(speed),
      unit: speed === null ? '' : 'tokens/s',
      note: speed === null ? '' : `${shownCount(row.completion_tokens)} in ${shownDuration(streamMs)}`,
    },
    {
      label: 'Tokens',
      value: `${shownCount(row.prompt_tokens)} → ${shownCount(row.completion_tokens)}`,
      note: row.total_tokens === 0 ? '' : isEstimated ? 'counted by the gateway' : 'reported by the backend',
    },
    {
      label: 'Cost',
      value: row.metadata['unpriced'] === true ? 'Unpriced' : shownMoney(picoOf(row)),
      note: '',
    },
  ];
}

function timelineOf(row: SpendLogRow): object {
  const scaleMs = Math.max(row.request_duration_ms, 1);
  const phases = phasesOf({ durationMs: row.request_duration_ms, firstTokenMs: firstTokenMs(row) }, scaleMs);
  return {
    ticks: timeTicks(scaleMs),
    phases: phases.map(({ ms, ...phase }) => ({ ...phase, took: shownDuration(ms) })),
  };
}

function attemptsOf({ row, attempts, isAdmin }: LoggedCall): object {
  const count = Number(row.metadata['attempts'] ?? 0);
  const where = row.api_base || row.model_id || 'no deployment';
  return {
    attemptsText: count === 0 ? '' : count === 1 ? '1, the first' : shownCount(count),
    attempts: attempts.map((attempt, index) => ({
      number: index + 1,
      deployment: attempt.deploymentId,
      status:
        attempt.status > 0
          ? callStatus(attempt.status)
          : { tone: 'warn', label: attempt.error ?? 'No answer', note: '' },
      sent: `+${shownDuration(attempt.begunMs)}`,
      took: shownDuration(attempt.durationMs),
    })),
    noAttempts:
      count === 0
        ? 'It was refused before any backend was asked.'
        : isAdmin
          ? `Answered at the first try by ${where}.`
          : 'A backend was asked.',
  };
}

function factsOf(row: SpendLogRow): object[] {
  const facts: [string, string | null, boolean?][] = [
    ['Path', textIn(row.metadata, 'route')],
    ['Streamed', row.metadata['streamed'] === true ? 'Yes' : 'No'],
    ['Model asked for', row.model_group],
    ['Model that answered', row.model],
    ['Provider', row.custom_llm_provider],
    ['Client', row.requester_ip_address],
    ['User', row.user],
    ['Team', row.team_id],
    ['End user', row.end_user],
    ['Tags', row.request_tags.join(', ')],
    ['Response id', row.request_id, true],
    ['Record id', textIn(row.metadata, 'record_id'), true],
  ];
  return facts
    .filter(([, value]) => value)
    .map(([label, value, isMono = false]) => ({ label, value, isMono }));
}
