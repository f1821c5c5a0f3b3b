import { type Call, isJsonObject, type Outcome, TEXT_CALLS } from '@app/call';
import { isTrue } from './trace-metadata.js';

/** What the configuration says about traces. */
export interface TracePolicy {
  /** Names of facts that become tags, `user_api_key_alias` and the like. */
  readonly defaultTags: readonly string[];
  readonly release: string | null;
  /** Nothing of prompts and answers, unless a request's header takes it back. */
  readonly redacts: boolean;
  readonly sendsSuccesses: boolean;
  readonly sendsFailures: boolean;
}

/**
 * Whether prompt and answer stay here. A key's `turn_off_message_logging` is final; a request may always ask for
 * redaction, and only takes back what the configuration says.
 */
export function isRedacted({ caller, traceHints }: Call, { redacts }: Pick<TracePolicy, 'redacts'>): boolean {
  if (caller.metadata['turn_off_message_logging'] === true) return true;
  const asks = (name: string): boolean => isTrue(traceHints?.[name]) || isTrue(traceHints?.[`x-${name}`]);
  if (asks('litellm-enable-message-redaction')) return true;
  return redacts && !asks('litellm-disable-message-redaction');
}

/** Whether anybody shall see a trace of this call at all. */
export function isTraced({ call, status }: Outcome, policy: TracePolicy): boolean {
  if (call.body.object['no-log'] === true) return false;
  return status < 400 ? policy.sendsSuccesses : policy.sendsFailures;
}

/** Whether the words of an answer will be shown, so that they are worth keeping. */
export function showsAnswer(call: Call, policy: TracePolicy): boolean {
  if (!TEXT_CALLS.has(call.type) || !policy.sendsSuccesses || isRedacted(call, policy)) return false;
  const { metadata } = call.body.object;
  return !(isJsonObject(metadata) && isTrue(metadata['mask_output']));
}
