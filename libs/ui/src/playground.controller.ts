import { Get, HttpCode, Inject, Post } from '@nestjs/common';
import { Access } from '@app/call';
import { ConfigStore } from '@app/config';
import { SearchLoop } from '@app/search';
import { CapturedAnswer } from './captured-answer.js';
import { OpenTo } from './page-access.js';
import { PageCalls } from './page-calls.js';
import { CurrentVisit, Pages } from './pages.js';
import { PlaygroundPage } from './playground-page.js';
import { type PlaygroundFields, playgroundBody, readPlayground } from './playground-form.js';
import { answerIn, type PlaygroundAnswer, playgroundView } from './playground.view.js';
import { Form } from './read-form.js';
import { type Visit } from './visitor.js';

/** The models tried out, as the one who is signed in: limits, budget and logs are his. */
@Pages()
export class PlaygroundController {
  @Inject(ConfigStore)
  private readonly config!: ConfigStore;

  @Inject(SearchLoop)
  private readonly searches!: SearchLoop;

  constructor(
    private readonly calls: PageCalls,
    private readonly pages: PlaygroundPage,
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

  private async answer(visit: Visit, fields: PlaygroundFields, model: string): Promise<PlaygroundAnswer> {
    const captured = new CapturedAnswer(visit.req);
    try {
      const body = { ...playgroundBody(fields, model, this.searchTool()), model, stream: false };
      const call = this.calls.make(visit, 'acompletion', body);
      await this.searches.answer(call, { client: captured });
      return { model, text: answerIn(captured.text), problem: '' };
    } catch (error) {
      return { model, text: '', problem: error instanceof Error ? error.message : 'The call failed.' };
    }
  }

  private page(visit: Visit, fields: PlaygroundFields, answers: readonly PlaygroundAnswer[]): void {
    const view = playgroundView({
      fields,
      models: this.pages.namesOf(visit, 'chat'),
      answers,
      address: this.pages.address(visit),
      searchTool: this.searchTool(),
    });
    this.pages.send(visit, 'playground', view);
  }

  private searchTool(): string | null {
    return this.config.current.searchTools[0]?.name ?? null;
  }
}
