import { Injectable } from '@nestjs/common';
import { BadRequestError } from '@app/call';
import { ConfigStore } from '@app/config';
import { RoutingService } from '@app/routing';

/** The model that moderates where a request names none, as OpenAI's own API has one. */
@Injectable()
export class ModerationDefault {
  constructor(
    private readonly config: ConfigStore,
    private readonly routing: RoutingService,
  ) {}

  /** @throws BadRequestError where neither the configuration names one nor exactly one moderates */
  get model(): string {
    const { moderationModel } = this.config.current.general;
    if (moderationModel !== null) return moderationModel;
    const moderating = this.routing.entries.filter(({ entry }) => entry.modelInfo['mode'] === 'moderation');
    const names = new Set(moderating.map(({ entry }) => entry.modelName));
    const [only] = names;
    if (names.size === 1 && only !== undefined && !only.includes('*')) return only;
    const why = names.size === 0 ? 'no model here has the mode `moderation`' : 'several could be meant';
    throw new BadRequestError(`\`model\` is missing: name the model, for ${why}.`, 'model');
  }
}
