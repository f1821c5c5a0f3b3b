import { Get, Post } from '@nestjs/common';
import { Access } from '@app/call';
import { ConfigStore } from '@app/config';
import { Ledger } from '@app/spend';
import { PageWriter } from './page-writer.js';
import { CurrentVisit, Pages } from './pages.js';
import { paths } from './paths.js';
import { preferenceCookie, preferencesOf, themeOf } from './preferences.js';
import { settingsView } from './settings.view.js';
import { type Visit } from './visitor.js';

/** What is in effect and where it comes from; how this browser wants its pages. */
@Pages()
export class SettingsController {
  private loadedAt = new Date();

  constructor(
    private readonly config: ConfigStore,
    private readonly ledger: Ledger,
    private readonly writer: PageWriter,
  ) {
    config.onChange(() => (this.loadedAt = new Date()));
  }

  @Get('ui/settings')
  @Access('public')
  show(@CurrentVisit() visit: Visit): void {
    const view = settingsView({
      config: this.config.current,
      loadedAt: this.loadedAt,
      ledger: this.ledger.stats(),
      theme: preferencesOf(visit.req).theme,
      done: visit.query.get('done') ?? '',
    });
    this.writer.send(visit, 'settings', { title: 'Settings', section: 'settings', ...view });
  }

  @Post('ui/settings/reload')
  @Access('public')
  reload(@CurrentVisit() visit: Visit): void {
    const result = this.config.reload();
    if (result.ok) {
      const done = result.needsRestart.length > 0 ? 'restart' : 'reloaded';
      this.writer.done(visit.res, paths.settings, done);
      return;
    }
    const view = settingsView({
      config: this.config.current,
      loadedAt: this.loadedAt,
      ledger: this.ledger.stats(),
      theme: preferencesOf(visit.req).theme,
      done: '',
      refused: result.error.message,
    });
    this.writer.send(visit, 'settings', { title: 'Settings', section: 'settings', httpStatus: 422, ...view });
  }

  @Post('ui/settings/preferences')
  @Access('public')
  prefer(@CurrentVisit() { req, res, form }: Visit): void {
    res.setHeader('set-cookie', preferenceCookie(req, themeOf(form.text('theme'))));
    this.writer.done(res, paths.settings, 'saved');
  }
}
