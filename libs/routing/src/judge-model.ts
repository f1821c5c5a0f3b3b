import { BadRequestError, type JsonObject } from '@app/call';
import { ConfigError, type ModelEntry, readEnvironment, readStoredModel } from '@app/config';
import { compileDeployment, type RoutingSettings } from './compile-deployment.js';

/** A model as people give it, credentials in the clear. */
export interface GivenModel {
  readonly id: string;
  readonly modelName: string;
  readonly litellmParams: JsonObject;
  readonly modelInfo: JsonObject;
}

/**
 * The entry that a model makes, by the rules of `model_list`.
 * @throws ConfigError
 */
export function entryOf({ id, modelName, litellmParams, modelInfo }: GivenModel): ModelEntry {
  const model = { model_name: modelName, litellm_params: litellmParams, model_info: { ...modelInfo, id } };
  return readStoredModel(model, readEnvironment()).entry;
}

/** The same for a model that somebody wants to add. @throws BadRequestError naming what is wrong, never a value */
export function judgeModel(model: GivenModel, settings: RoutingSettings): ModelEntry {
  try {
    const entry = entryOf(model);
    const compiled = compileDeployment(entry, settings);
    if (typeof compiled === 'string') throw new BadRequestError(compiled, 'litellm_params');
    return entry;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const texts = error.problems.map(({ path, message, remedy }) => `${path}: ${message} ${remedy}`);
    throw new BadRequestError(texts.join(' '), error.problems[0]?.path ?? null, { cause: error });
  }
}
