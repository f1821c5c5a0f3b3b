import { Injectable } from '@nestjs/common';
import { type Call, GatewayError } from '@app/call';
import { ConfigStore, type ModelEntry } from '@app/config';
import { RoutingService } from '@app/routing';

/** OpenAI's voices, which every speech backend has or maps; `model_info.voices` of a model adds its own. */
const COMMON_VOICES = ['alloy', 'echo', 'fable', 'onyx', 'nova', 'shimmer'];

/** What chat programs ask for to fill their menus, as far as the caller may use it. */
@Injectable()
export class VoiceLists {
  constructor(
    private readonly config: ConfigStore,
    private readonly routing: RoutingService,
  ) {}

  /** @param callFor makes the call that would use a model */
  voicesFor(callFor: (model: string) => Call): { readonly voices: readonly object[] } {
    const own = this.#entriesFor(callFor).flatMap(({ modelInfo }) => {
      const listed = modelInfo['voices'];
      return Array.isArray(listed) ? listed.filter((voice) => typeof voice === 'string') : [];
    });
    return { voices: [...new Set([...COMMON_VOICES, ...own])].map((id) => ({ id, name: id })) };
  }

  modelsFor(callFor: (model: string) => Call): { readonly models: readonly object[] } {
    const names = this.#entriesFor(callFor).map(({ modelName }) => modelName);
    return { models: [...new Set(names)].map((id) => ({ id })) };
  }

  #entriesFor(callFor: (model: string) => Call): ModelEntry[] {
    return this.config.current.models.filter(
      ({ modelName, modelInfo }) =>
        modelInfo['mode'] === 'audio_speech' && !modelName.includes('*') && this.#mayUse(callFor(modelName)),
    );
  }

  #mayUse(call: Call): boolean {
    try {
      return this.routing.plan(call).length > 0;
    } catch (error) {
      if (error instanceof GatewayError) return false;
      throw error;
    }
  }
}
