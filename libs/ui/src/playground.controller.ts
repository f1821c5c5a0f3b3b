import { Get, HttpCode, Inject, Post } from '@nestjs/common';
import { Access, type Call, ClientAddresses, LiveCalls, parseJsonBody, readCall } from '@app/call';
import { ConfigStore } from '@app/config';
import { PipelineService } from '@app/pipeline';
import { RoutingService } from '@app/routing';
import { CapturedAnswer } from './captured-answer.js';
import { OpenTo } from './page-access.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { type PlaygroundFields, playgroundBody, readPlayground } from './playground-form.js';
import { answerIn, playgroundView } from './playground.view.js';
import { publicAddress } from './public-address.js';
import { type Visit } from './visitor.js';

/** A chat with the models, as the one who is signed in: limits, budget and logs are his. */
@Pages()
export class PlaygroundController {
  @Inject(ConfigStore)
  private readonly config!: ConfigStore;

  constructor(
    private readonly pipeline: PipelineService,
    private readonly calls: LiveCalls,
    private readonly routing: RoutingService,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/playground')
  @Access('public')
  @OpenTo('holder')
  blank(@CurrentVisit() visit: Visit): void {
    this.page(visit, readPlayground(visit.query), null);
  }

  /** Without a script: the page again, with the whole answer. */
  @Post('ui/playground')
  @HttpCode(200)
  @Access('public')
  @OpenTo('holder')
  async ask(@CurrentVisit() visit: Visit): Promise<void> {
    const fields = readPlayground(visit.form);
    const captured = new CapturedAnswer(visit.req);
    let problem = '';
    try {
      await this.pipeline.run(this.callOf(visit, fields, false), captured);
    } catch (error) {
      problem = error instanceof Error ? error.message : 'The call failed.';
    }
    this.page(visit, fields, { text: problem === '' ? answerIn(captured.text) : '', problem });
  }

  /** With one: the upstream's own events. */
  @Post('ui/playground/stream')
  @HttpCode(200)
  @Access('public')
  @OpenTo('holder')
  async stream(@CurrentVisit() visit: Visit): Promise<void> {
    await this.pipeline.run(this.callOf(visit, readPlayground(visit.form), true), visit.res);
  }

  private callOf({ req, res }: Visit, fields: PlaygroundFields, stream: boolean): Call {
    const body = parseJsonBody(Buffer.from(JSON.stringify({ ...playgroundBody(fields), stream })));
    return readCall(
      req,
      {
        type: 'acompletion',
        upstreamPath: '/chat/completions',
        model: fields.model,
        body,
        bodyBytes: body.bytes.length,
        stream,
        wantsUsage: false,
        clientAddress: new ClientAddresses(this.config.current.general.trustedProxies).of(req),
        signal: this.calls.follow(res),
      },
      null,
    );
  }

  private page(
    visit: Visit,
    fields: PlaygroundFields,
    answer: { text: string; problem: string } | null,
  ): void {
    const models = [...this.routing.table.listed.keys()];
    const address = publicAddress(this.config.current, visit.req);
    const view = playgroundView({ fields, models, answer, address });
    this.writer.send(visit, 'playground', { title: 'Playground', section: 'playground', ...view });
  }
}
