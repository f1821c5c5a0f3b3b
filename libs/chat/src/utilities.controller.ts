import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, BadRequestError, type GatewayRequest, parseJsonBody } from '@app/call';
import { RoutingService } from '@app/routing';
import { TOKEN_ESTIMATE } from './call-kinds.js';
import { estimateTokens } from './count-text.js';
import { supportedParameters } from './supported-parameters.js';
import { TextRequests } from './text-requests.js';

interface TokenCount {
  readonly total_tokens: number;
  readonly request_model: string;
  readonly model_used: string;
  readonly tokenizer_type: string;
}

/** Questions about models that no model is asked for. */
@Controller('utils')
export class UtilitiesController {
  constructor(
    private readonly requests: TextRequests,
    private readonly routing: RoutingService,
  ) {}

  @Post('token_counter')
  @HttpCode(200)
  @Access('inference')
  async count(
    @Req() req: GatewayRequest,
    @Res({ passthrough: true }) res: ServerResponse,
  ): Promise<TokenCount> {
    const call = await this.requests.read(TOKEN_ESTIMATE, req, res);
    const { object } = call.body;
    if (
      !Array.isArray(object['messages']) &&
      typeof object['prompt'] !== 'string' &&
      !Array.isArray(object['contents'])
    ) {
      throw new BadRequestError('Send `messages` or a `prompt`.', 'messages');
    }
    const [deployment] = this.routing.plan(call);
    return {
      total_tokens: estimateTokens(object),
      request_model: call.model,
      model_used: deployment?.upstreamModel ?? call.model,
      tokenizer_type: 'estimate',
    };
  }

  @Get('supported_openai_params')
  @Access('inference')
  parameters(
    @Req() req: GatewayRequest,
    @Res({ passthrough: true }) res: ServerResponse,
    @Query('model') model: unknown,
  ): { readonly supported_openai_params: readonly string[] } {
    if (typeof model !== 'string') throw new BadRequestError('Name a `model` in the query.', 'model');
    const options = this.requests.optionsOf(TOKEN_ESTIMATE, req, res);
    const body = parseJsonBody(Buffer.from(JSON.stringify({ model })));
    const [deployment] = this.routing.plan(this.requests.callOf(req, body, options));
    return { supported_openai_params: supportedParameters(deployment) };
  }
}
