import { Injectable } from '@nestjs/common';
import { ConfigStore } from '@app/config';
import { ModelInfos } from '@app/routing';
import { PageWriter } from './page-writer.js';
import { publicAddress } from './public-address.js';
import { Views } from './views.js';
import { type Visit } from './visitor.js';

const MAX_LISTED = 300;

/** What the three pages of the playground have in common. */
@Injectable()
export class PlaygroundPage {
  constructor(
    private readonly config: ConfigStore,
    private readonly models: ModelInfos,
    private readonly views: Views,
    private readonly writer: PageWriter,
  ) {}

  send(visit: Visit, page: string, view: object): void {
    const script = { asset: this.views.assetUrl('playground.js') };
    this.writer.send(visit, page, { title: 'Playground', section: 'playground', script, ...view });
  }

  /** The models of a kind that the visitor may call, by name. */
  namesOf({ visitor }: Visit, mode: string): string[] {
    return this.models
      .groupsOf(visitor.caller, null)
      .filter((group) => group['mode'] === mode)
      .map((group) => group['model_group'])
      .filter((name): name is string => typeof name === 'string' && !name.includes('*'))
      .slice(0, MAX_LISTED);
  }

  address({ req }: Visit): string {
    return publicAddress(this.config.current, req);
  }
}
