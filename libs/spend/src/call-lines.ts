import {
  type CacheNote,
  type Call,
  type Deployment,
  type LimitNote,
  type Outcome,
  tokenPricesOf,
} from '@app/call';
import { promptEstimateOf } from './bound-of.js';
import { audioMsOf, countOf } from './count-of.js';
import { quoted, quotedList } from './json-text.js';
import { leftText, limitsText } from './limits-text.js';
import { planText } from './plan-text.js';
import { type WordTable } from './word-table.js';

/** Longest id or name, in UTF-16 units. */
export const MAX_TEXT = 256;
const MAX_MESSAGE = 512;
const MAX_ADDRESS = 45;
const MAX_TAG = 128;
const MAX_TAGS = 32;
const MAX_ATTEMPTS = 16;
/** Names that one model goes by. */
const MAX_NAMES = 16;

/**
 * What is known of a call from its first moment, as the beginning of a JSON object without its end.
 * The names are those that the shipper's statement reads; they are short because they are written millions of times.
 */
export function identityText(call: Call, words: WordTable): string {
  const { caller } = call;
  const key = words.blockOf(caller, () => [caller.keyHash, caller.keyAlias, caller.userId, caller.teamId]);
  const route = words.blockOf(`${call.type} ${call.route}`, () => [call.type, call.route]);
  let text = `{"id":"${call.id}","at":${call.startedAt.getTime()},"k":${key},"r":${route}`;
  if (call.callId !== call.id) text += `,"call":${quoted(call.callId, MAX_TEXT)}`;
  if (call.clientAddress !== '') text += `,"ip":${quoted(call.clientAddress, MAX_ADDRESS)}`;
  if (call.endUser !== null) text += `,"eu":${quoted(call.endUser, MAX_TEXT)}`;
  if (call.tags.length > 0) text += `,"tags":${quotedList(call.tags, MAX_TAGS, MAX_TAG)}`;
  if (caller.organizationId !== null) text += `,"org":${quoted(caller.organizationId, MAX_TEXT)}`;
  if (call.stream) text += ',"str":true';
  return text;
}

/** The rest of a begun line: what an adopter needs to settle the call should its end never be written. */
export function begunText(call: Call, words: WordTable, reservedPicoUsd: bigint, first?: Deployment): string {
  const promptTokens = promptEstimateOf(call);
  let text = `,"asked":${quoted(call.model, MAX_TEXT)},"res":${reservedPicoUsd},"pe":${promptTokens}`;
  if (!first) return `${text}}`;
  const { inputPerTokenPicoUsd, outputPerTokenPicoUsd } = tokenPricesOf(first.price, promptTokens);
  const { perRequestPicoUsd } = first.price;
  text += `,"d":${deploymentBlock(first, words)}`;
  text += `,"pi":${inputPerTokenPicoUsd ?? 0n},"po":${outputPerTokenPicoUsd ?? 0n},"pr":${perRequestPicoUsd ?? 0n}`;
  return `${text}}`;
}

/** The rest of an ended line; what is zero, false or absent is left out. */
export function endedText(outcome: Outcome, words: WordTable): string {
  const { call, deployment, usage } = outcome;
  let text = `,"st":${countOf(outcome.status)},"ms":${countOf(outcome.durationMs)},"cost":${outcome.costPicoUsd}`;
  if (deployment) {
    text += `,"d":${deploymentBlock(deployment, words)}`;
    if (isUnpriced(deployment)) text += ',"np":true';
  }
  if (call.model !== deployment?.modelGroup) text += `,"asked":${quoted(call.model, MAX_TEXT)}`;
  if (outcome.boundAs) text += `,"bm":${quotedList(outcome.boundAs, MAX_NAMES, MAX_TEXT)}`;
  if (outcome.responseId !== null) text += `,"resp":${quoted(outcome.responseId, MAX_TEXT)}`;
  if (outcome.cache) text += cacheText(outcome.cache);
  if (outcome.timeToFirstTokenMs !== null) text += `,"ttft":${countOf(outcome.timeToFirstTokenMs)}`;
  text +=
    count('ovh', outcome.overheadMs) + count('pt', usage.promptTokens) + count('ct', usage.completionTokens);
  text +=
    count('cch', usage.cachedTokens) + count('rt', usage.reasoningTokens) + count('chr', usage.characters);
  if (usage.cacheWriteTokens > 0)
    text += count('cw', usage.cacheWriteTokens) + count('cwh', usage.cacheWriteHourTokens);
  text += count('aud', audioMsOf(usage.audioSeconds));
  if (usage.estimated) text += ',"est":true';
  if (outcome.errorType !== null) text += `,"err":${quoted(outcome.errorType, MAX_TEXT)}`;
  if (outcome.errorMessage !== null) text += `,"msg":${quoted(outcome.errorMessage, MAX_MESSAGE)}`;
  if (outcome.plan) {
    const { plan } = outcome;
    text += `,"pl":${words.blockOf(plan, () => [planText(plan)])}`;
  }
  if (outcome.limits) text += limitsPart(outcome.limits, words);
  text += count('ld', outcome.loadMs ?? 0);
  return text + triesText(outcome) + '}';
}

const cacheText = ({ key, isHit }: CacheNote): string => `,"ck":${quoted(key, MAX_TEXT)},"ch":${isHit}`;

function limitsPart(note: LimitNote, words: WordTable): string {
  // The list serves all calls under the same limits; a refusal says more than the list.
  const key = note.refusing === null ? note.limits : limitsText(note);
  return `,"lm":${words.blockOf(key, () => [limitsText(note)])},"ll":${leftText(note)}`;
}

/** How often and where was asked, and how long it took to come to that; the rule, one try that succeeded, needs no words. */
function triesText(outcome: Outcome): string {
  const { attempts, call } = outcome;
  const [first] = attempts;
  if (!first) return outcome.deployment && outcome.cache?.isHit !== true ? '' : ',"n":0';
  const queueMs = countOf(first.startedAtMs - call.startedAtMs);
  const text = queueMs > 0 ? `,"queue":${queueMs}` : '';
  const isPlain = attempts.length === 1 && first.error === null;
  return isPlain ? text : `${text},"n":${attempts.length},"att":${attemptsText(outcome)}`;
}

function count(name: string, value: number): string {
  return value > 0 ? `,"${name}":${countOf(value)}` : '';
}

/** The attempt that answered has used what the row says; one that failed before its first byte, nothing. */
function attemptsText({ attempts, call, usage, costPicoUsd }: Outcome): string {
  const list = attempts.slice(0, MAX_ATTEMPTS).map((attempt) => {
    const begunMs = countOf(attempt.startedAtMs - call.startedAtMs);
    const { error, errorType } = attempt;
    let text = `{"d":${quoted(attempt.deploymentId, MAX_TEXT)},"st":${countOf(attempt.status)}`;
    text += `,"at":${begunMs},"ms":${countOf(attempt.durationMs)}`;
    if (error !== null) text += `,"err":${quoted(error, MAX_TEXT)}`;
    else
      text += `,"pt":${countOf(usage.promptTokens)},"ct":${countOf(usage.completionTokens)},"cost":${costPicoUsd}`;
    if (errorType !== undefined) text += `,"et":${quoted(errorType, MAX_TEXT)}`;
    return `${text}}`;
  });
  return `[${list.join(',')}]`;
}

function deploymentBlock(deployment: Deployment, words: WordTable): number {
  return words.blockOf(deployment, () => [
    deployment.id,
    deployment.upstreamModel,
    deployment.modelGroup,
    deployment.provider,
    deployment.origin + deployment.basePath,
    deployment.price.version,
  ]);
}

function isUnpriced({ price }: Deployment): boolean {
  return (
    price.inputPerTokenPicoUsd === null &&
    price.outputPerTokenPicoUsd === null &&
    price.perRequestPicoUsd === null &&
    price.perSecondPicoUsd === null &&
    price.perCharacterPicoUsd === null
  );
}
