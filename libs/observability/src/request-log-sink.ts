import { Injectable, Logger } from '@nestjs/common';
import { type Outcome, type OutcomeSink, usdText } from '@app/call';
import { ConfigStore } from '@app/config';

const MAX_NAME_LENGTH = 200;

/** One line for each request: who, what, how it ended. Nothing that a prompt or an error message may hold. */
@Injectable()
export class RequestLogSink implements OutcomeSink {
  readonly #logger = new Logger('Request');

  constructor(private readonly config: ConfigStore) {}

  accept(outcome: Outcome): void {
    const { logLevel } = this.config.current;
    if (logLevel === 'info' || logLevel === 'debug') this.#logger.log(requestLine(outcome));
  }
}

function requestLine(outcome: Outcome): Record<string, string | number | boolean | null> {
  const { call, usage } = outcome;
  return {
    message: `${call.route} ${outcome.status}`,
    callId: call.callId,
    id: call.id,
    status: outcome.status,
    error: outcome.errorType,
    model: call.model.slice(0, MAX_NAME_LENGTH),
    deployment: outcome.deployment?.id ?? null,
    attempts: outcome.attempts.length,
    stream: call.stream,
    durationMs: rounded(outcome.durationMs),
    firstTokenMs: outcome.timeToFirstTokenMs === null ? null : rounded(outcome.timeToFirstTokenMs),
    overheadMs: rounded(outcome.overheadMs),
    promptTokens: usage.promptTokens,
    completionTokens: usage.completionTokens,
    costUsd: usdText(outcome.costPicoUsd),
    key: call.caller.keyAlias ?? call.caller.keyName,
    client: call.clientAddress,
  };
}

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
