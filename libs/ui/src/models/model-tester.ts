import { Injectable } from '@nestjs/common';
import { type Call, GatewayError, isJsonObject, type JsonValue, picoUsdFrom } from '@app/call';
import { PipelineService } from '@app/pipeline';
import { CapturedAnswer } from '../captured-answer.js';
import { PageCalls } from '../page-calls.js';
import { answerIn } from '../playground.view.js';
import { shownMoney } from '../shown-values.js';
import { type Visit } from '../visitor.js';

/** What came of a hello. */
export interface TestResult {
  /** Empty where it failed. */
  readonly text: string;
  readonly problem: string;
  readonly tookMs: number;
  /** Empty where nobody knows a price. */
  readonly cost: string;
  /** Of the deployment that answered; empty where none did. */
  readonly deployment: string;
}

const HELLO = 'Say hello in one short sentence.';
const MAX_TOKENS = 200;

/** Sends a hello through the line that every call takes: limits, routing, books. */
@Injectable()
export class ModelTester {
  constructor(
    private readonly pipeline: PipelineService,
    private readonly calls: PageCalls,
  ) {}

  /** Whether a hello can be sent to what does this. */
  static knows(mode: string): boolean {
    return mode === 'chat' || mode === 'embedding';
  }

  async hello(visit: Visit, model: string, mode: string): Promise<TestResult> {
    const captured = new CapturedAnswer(visit.req);
    const startedAt = performance.now();
    let problem = '';
    try {
      await this.pipeline.run(this.helloTo(visit, model, mode), captured);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      problem = error.message;
    }
    const cost = captured.getHeader('x-litellm-response-cost');
    const picoUsd = typeof cost === 'string' ? picoUsdFrom(cost) : null;
    return {
      text: problem === '' ? textOf(captured.text, mode) : '',
      problem,
      tookMs: performance.now() - startedAt,
      cost: picoUsd === null || picoUsd === 0n ? '' : shownMoney(picoUsd),
      deployment: headerText(captured.getHeader('x-litellm-model-id')),
    };
  }

  private helloTo(visit: Visit, model: string, mode: string): Call {
    if (mode !== 'chat') return this.calls.make(visit, 'aembedding', { model, input: 'Hello' });
    const messages = [{ role: 'user', content: HELLO }];
    return this.calls.make(visit, 'acompletion', { model, messages, max_tokens: MAX_TOKENS });
  }
}

const headerText = (value: unknown): string => (typeof value === 'string' ? value : '');

function textOf(answer: string, mode: string): string {
  if (mode === 'chat') return answerIn(answer);
  const parsed = JSON.parse(answer) as JsonValue;
  const data = isJsonObject(parsed) ? parsed['data'] : null;
  const first = Array.isArray(data) ? (data[0] ?? null) : null;
  const vector = isJsonObject(first) ? first['embedding'] : null;
  return Array.isArray(vector) ? `A vector of ${vector.length} numbers.` : 'An answer without a vector.';
}
