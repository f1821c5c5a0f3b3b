import { Injectable, Logger } from '@nestjs/common';
import { type Outcome, type OutcomeSink, usdText } from '@app/call';
import { ConfigStore } from '@app/config';
import { LogLine } from './gateway-logger.js';

const MAX_NAME_LENGTH = 200;
/** Nothing that JSON has to escape. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** One line for each request: who, what, how it ended. Nothing that a prompt or an error message may hold. */
@Injectable()
export class RequestLogSink implements OutcomeSink {
  readonly #logger = new Logger('Request');

  constructor(private readonly config: ConfigStore) {}

  accept(outcome: Outcome): void {
    const { logLevel } = this.config.current;
    if (logLevel === 'info' || logLevel === 'debug') this.#logger.log(new LogLine(membersOf(outcome)));
  }
}

/** Written by hand: an object made for `JSON.stringify` would cost three times as much. */
function membersOf(outcome: Outcome): string {
  const { call, usage, status, timeToFirstTokenMs, deployment, errorType } = outcome;
  const { caller, model } = call;
  const shown = model.length > MAX_NAME_LENGTH ? model.slice(0, MAX_NAME_LENGTH) : model;
  return (
    `"callId":${quoted(call.callId)},"id":"${call.id}","status":${status},"error":${text(errorType)}` +
    `,"model":${quoted(shown)},"deployment":${text(deployment?.id)},"attempts":${outcome.attempts.length}` +
    `,"stream":${call.stream},"durationMs":${rounded(outcome.durationMs)}` +
    `,"firstTokenMs":${timeToFirstTokenMs === null ? 'null' : rounded(timeToFirstTokenMs)}` +
    `,"overheadMs":${rounded(outcome.overheadMs)}` +
    `,"promptTokens":${usage.promptTokens},"completionTokens":${usage.completionTokens}` +
    `,"costUsd":"${usdText(outcome.costPicoUsd)}","key":${quoted(caller.keyAlias ?? caller.keyName)}` +
    `,"client":${quoted(call.clientAddress)},"msg":${quoted(`${call.route} ${status}`)}`
  );
}

const quoted = (value: string): string => (PLAIN.test(value) ? `"${value}"` : JSON.stringify(value));

const text = (value: string | null | undefined): string =>
  value === null || value === undefined ? 'null' : quoted(value);

/** Milliseconds with three digits behind the point; put together from whole numbers, which is quicker than a fraction. */
function rounded(ms: number): string {
  const us = Math.round(ms * 1000);
  const whole = Math.floor(us / 1000);
  const rest = us - whole * 1000;
  return rest === 0 ? `${whole}` : `${whole}.${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}`;
}
