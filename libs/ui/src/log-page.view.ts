import { type Price } from '@app/call';
import { type SpendLogRow } from '@app/spend';
import { firstTokenMs, phasesOf, timeTicks } from './call-phases.js';
import { type PlannedCall, planView } from './call-plan.view.js';
import { wordsView } from './call-words.view.js';
import { callStatus, detailsOf, objectIn, picoOf, textIn } from './calls.view.js';
import { limitsView } from './call-limits.view.js';
import { costView } from './cost-formula.view.js';
import { paths } from './paths.js';
import { MISSING, plural, shownCount, shownDuration, shownMoney, shownTime } from './shown-values.js';

export interface LoggedCall extends PlannedCall {
  /** The prices that it was charged with, where some model has them still. */
  readonly price: Price | null;
}

/** One call: its numbers, where the time went, why it went there, what it cost and what was said. */
export function logView(call: LoggedCall): object {
  const { row, isAdmin } = call;
  const { status, keyName } = detailsOf(row);
  const answered = row.model !== row.model_group && status < 400 ? row.model : '';
  const words = wordsView(row);
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
    plan: planView(call),
    cost: costView(row, call.price),
    limits: limitsView(row, isAdmin),
    words,
    noWords: words === false && isAdmin,
    facts: factsOf(row, isAdmin),
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

/** Right of its bar a note has no room from here on, and left of it none before there. */
const NOTE_LEFT_OF = 60;
const NOTE_NEEDS = 40;

function timelineOf(row: SpendLogRow): object {
  const scaleMs = Math.max(row.request_duration_ms, 1);
  return {
    ticks: timeTicks(scaleMs),
    phases: phasesOf(row, scaleMs).map(({ ms, ...phase }) => {
      const end = phase.x + phase.width;
      // Beside its bar, on the side where there is room.
      const isLeft = end > NOTE_LEFT_OF && phase.x > NOTE_NEEDS;
      const isInside = end > NOTE_LEFT_OF && !isLeft;
      const at = isLeft || isInside ? { x: phase.x, dx: isLeft ? -6 : 6 } : { x: end, dx: 6 };
      return {
        ...phase,
        took: shownDuration(ms),
        beside: phase.note !== '' && { ...at, anchor: isLeft ? 'end' : 'start', isInside },
      };
    }),
  };
}

function factsOf(row: SpendLogRow, isAdmin: boolean): object[] {
  const { metadata } = row;
  const usage = objectIn(metadata, 'usage_object');
  const cached = Number(objectIn(usage, 'prompt_tokens_details')['cached_tokens'] ?? 0);
  const reasoning = Number(objectIn(usage, 'completion_tokens_details')['reasoning_tokens'] ?? 0);
  const to = (id: string | null, href: (id: string) => string) => (isAdmin && id ? { href: href(id) } : {});
  const facts: { label: string; value: string | null; isMono?: boolean; href?: string }[] = [
    { label: 'Path', value: textIn(metadata, 'route'), isMono: true },
    { label: 'Streamed', value: metadata['streamed'] === true ? 'Yes' : 'No' },
    { label: 'Model asked for', value: row.model_group },
    { label: 'Model that answered', value: row.status === 'success' ? row.model : null },
    { label: 'Deployment', value: isAdmin ? row.model_id : null, isMono: true },
    { label: 'Provider', value: row.custom_llm_provider },
    { label: 'Cached tokens', value: cached > 0 ? plural(cached, 'token') : null },
    { label: 'Reasoning', value: reasoning > 0 ? plural(reasoning, 'token') : null },
    { label: 'Client', value: row.requester_ip_address },
    { label: 'User', value: row.user, ...to(row.user, paths.user) },
    { label: 'Team', value: row.team_id, ...to(row.team_id, paths.team) },
    { label: 'End user', value: row.end_user, ...to(row.end_user, paths.customer) },
    { label: 'Tags', value: row.request_tags.join(', ') },
    { label: 'Response id', value: row.request_id, isMono: true },
    { label: 'Record id', value: textIn(metadata, 'record_id'), isMono: true },
  ];
  return facts.filter(({ value }) => value);
}
