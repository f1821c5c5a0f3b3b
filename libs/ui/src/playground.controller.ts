import { Get, HttpCode, Inject, Post } from '@nestjs/common';
import { Access, type Call, ClientAddresses, LiveCalls, parseJsonBody, readCall } from '@app/call';
import { ConfigStore } from '@app/config';
import { ModelInfos } from '@app/routing';
import { SearchLoop } from '@app/search';
import { CapturedAnswer } from './captured-answer.js';
import { OpenTo } from './page-access.js';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { type PlaygroundFields, playgroundBody, readPlayground } from './playground-form.js';
import {
  answerIn,
  type PlaygroundAnswer,
  playgroundView,
  speechView,
  transcriptionView,
} from './playground.view.js';
import { publicAddress } from './public-address.js';
import { Form } from './read-form.js';
import { Views } from './views.js';
import { type Visit } from './visitor.js';

const MAX_LISTED = 300;

/** The models tried out, as the one who is signed in: limits, budget and logs are his. */
@Pages()
export class PlaygroundController {
  @Inject(ConfigStore)
  private readonly config!: ConfigStore;

  @Inject(SearchLoop)
  private readonly searches!: SearchLoop;

  @Inject(Views)
  private readonly views!: Views;

  constructor(
    private readonly calls: LiveCalls,
    private readonly models: ModelInfos,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/playground')
  @Access('public')
  @OpenTo('holder')
  blank(@CurrentVisit() visit: Visit): void {
    this.page(visit, readPlayground(new Form(visit.query)), []);
  }

  /** Without a script: the page again, with the whole answers. */
  @Post('ui/playground')
  @HttpCode(200)
  @Access('public')
  @OpenTo('holder')
  async ask(@CurrentVisit() visit: Visit): Promise<void> {
    const fields = readPlayground(visit.form);
    const answers = await Promise.all(fields.models.map((model) => this.answer(visit, fields, model)));
    this.page(visit, fields, answers);
  }

  @Get('ui/playground/speech')
  @Access('public')
  @OpenTo('holder')
  speech(@CurrentVisit() visit: Visit): void {
    const view = speechView(this.namesOf(visit, 'audio_speech'), this.address(visit));
    this.send(visit, 'playground-speech', view);
  }

  @Get('ui/playground/transcription')
  @Access('public')
  @OpenTo('holder')
  transcription(@CurrentVisit() visit: Visit): void {
    const view = transcriptionView(this.namesOf(visit, 'audio_transcription'), this.address(visit));
    this.send(visit, 'playground-transcription', view);
  }

  private async answer(visit: Visit, fields: PlaygroundFields, model: string): Promise<PlaygroundAnswer> {
    const captured = new CapturedAnswer(visit.req);
    try {
      const call = this.callOf(visit, fields, model);
      await this.searches.answer(call, { client: captured });
      return { model, text: answerIn(captured.text), problem: '' };
    } catch (error) {
      return { model, text: '', problem: error instanceof Error ? error.message : 'The call failed.' };
    }
  }

  private callOf({ req, res }: Visit, fields: PlaygroundFields, model: string): Call {
    const sent = { ...playgroundBody(fields, model, this.searchTool()), stream: false };
    const body = parseJsonBody(Buffer.from(JSON.stringify(sent)));
    return readCall(
      req,
      {
        type: 'acompletion',
        upstreamPath: '/chat/completions',
        model,
        body,
        bodyBytes: body.bytes.length,
        stream: false,
        wantsUsage: false,
        clientAddress: new ClientAddresses(this.config.current.general.trustedProxies).of(req),
        signal: this.calls.follow(res),
      },
      null,
    );
  }

  private page(visit: Visit, fields: PlaygroundFields, answers: readonly PlaygroundAnswer[]): void {
    const view = playgroundView({
      fields,
      models: this.namesOf(visit, 'chat'),
      answers,
      address: this.address(visit),
      searchTool: this.searchTool(),
    });
    this.send(visit, 'playground', view);
  }

  private send(visit: Visit, page: string, view: object): void {
    const script = { asset: this.views.assetUrl('playground.js') };
    this.writer.send(visit, page, { title: 'Playground', section: 'playground', script, ...view });
  }

  /** The models of a kind that the visitor may call, by name. */
  private namesOf({ visitor }: Visit, mode: string): string[] {
    return this.models
      .groupsOf(visitor.caller, null)
      .filter((group) => group['mode'] === mode)
      .map((group) => group['model_group'])
      .filter((name): name is string => typeof name === 'string' && !name.includes('*'))
      .slice(0, MAX_LISTED);
  }

  private searchTool(): string | null {
    return this.config.current.searchTools[0]?.name ?? null;
  }

  private address({ req }: Visit): string {
    return publicAddress(this.config.current, req);
  }
}
