import { Controller, HttpCode, Post } from '@nestjs/common';
import {
  Access,
  BadRequestError,
  type Caller,
  CurrentCaller,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ManagementBody,
  NO_PRICE,
  NO_USAGE,
  ObjectField,
  TextField,
  tokenPricesOf,
  usdNumber,
} from '@app/call';
import { RoutingService } from '@app/routing';
import { costOf } from '@app/spend';
import { AnyField, CountField } from './dto/cost-fields.js';
import { findPrice } from './find-price.js';
import { tokensOfMessages, usageIn } from './usage-in.js';

class CalculateBody {
  @TextField() model?: string;
  @AnyField() messages?: JsonValue;
  @ObjectField() completion_response?: JsonObject;
}

class EstimateBody {
  @TextField() model?: string;
  @CountField() input_tokens?: number;
  @CountField() output_tokens?: number;
  @CountField() num_requests_per_day?: number;
  @CountField() num_requests_per_month?: number;
}

/** What calls cost, without making them: of the models that the caller may call. */
@Controller()
export class SpendCostsController {
  constructor(private readonly routing: RoutingService) {}

  /** The cost of a prompt, its tokens counted roughly; or of an answer, from its usage. */
  @Post('spend/calculate')
  @HttpCode(200)
  @Access('self')
  calculate(
    @ManagementBody(CalculateBody) body: CalculateBody,
    @CurrentCaller() caller: Caller,
  ): { cost: number } {
    const { completion_response: answer, messages } = body;
    const named = body.model || (typeof answer?.model === 'string' ? answer.model : '');
    if (!named)
      throw new BadRequestError('Name a `model`, or give a `completion_response` with one.', 'model');
    const { price } = findPrice(this.routing, caller, named);
    if (answer) return { cost: usdNumber(costOf(usageIn(answer), price)) };
    if (!Array.isArray(messages)) {
      throw new BadRequestError('Give `messages`, or a `completion_response`.', 'messages');
    }
    const promptTokens = tokensOfMessages(messages.filter((message) => isJsonObject(message)));
    return { cost: usdNumber(costOf({ ...NO_USAGE, promptTokens }, price)) };
  }

  /** What a request of some size costs, and many of them in a day or a month. */
  @Post('cost/estimate')
  @HttpCode(200)
  @Access('self')
  estimate(@ManagementBody(EstimateBody) body: EstimateBody, @CurrentCaller() caller: Caller): object {
    if (!body.model) throw new BadRequestError('Name a `model`.', 'model');
    const { price, provider } = findPrice(this.routing, caller, body.model);
    const [input, output] = [body.input_tokens ?? 0, body.output_tokens ?? 0];
    const all = costOf({ ...NO_USAGE, promptTokens: input, completionTokens: output }, price);
    const prices = tokenPricesOf(price, input);
    const ofOutput = costOf(
      { ...NO_USAGE, completionTokens: output },
      { ...NO_PRICE, outputPerTokenPicoUsd: prices.outputPerTokenPicoUsd },
    );
    const [perDay, perMonth] = [body.num_requests_per_day ?? null, body.num_requests_per_month ?? null];
    return {
      model: body.model,
      input_tokens: input,
      output_tokens: output,
      num_requests_per_day: perDay,
      num_requests_per_month: perMonth,
      cost_per_request: usdNumber(all),
      input_cost_per_request: usdNumber(all - ofOutput),
      output_cost_per_request: usdNumber(ofOutput),
      margin_cost_per_request: 0,
      ...times('daily', perDay, all, ofOutput),
      ...times('monthly', perMonth, all, ofOutput),
      input_cost_per_token: usdOrNull(prices.inputPerTokenPicoUsd),
      output_cost_per_token: usdOrNull(prices.outputPerTokenPicoUsd),
      provider,
    };
  }
}

function times(name: string, count: number | null, all: bigint, ofOutput: bigint): object {
  const cost = (each: bigint) => (count === null ? null : usdNumber(each * BigInt(count)));
  return {
    [`${name}_cost`]: cost(all),
    [`${name}_input_cost`]: cost(all - ofOutput),
    [`${name}_output_cost`]: cost(ofOutput),
    [`${name}_margin_cost`]: cost(0n),
  };
}

function usdOrNull(picoUsd: bigint | null): number | null {
  return picoUsd === null ? null : usdNumber(picoUsd);
}
