import { type ModelTable } from '@app/routing';
import { type ModelState } from './model-states.js';
import { doneFlash } from './owners/owner-status.js';
import { paths } from './paths.js';
import { plural, shownCount } from './shown-values.js';

const MAX_DISCOVERED = 500;

/** The table of models, what upstreams say they have beyond it, and what is odd. */
export interface ModelsAsked {
  readonly mayAdd: boolean;
  readonly done: string | null;
}

const DONE = { deleted: 'The deployment is deleted, on every replica within a second.' };

export function modelsView(
  models: readonly ModelState[],
  table: ModelTable,
  { mayAdd, done }: ModelsAsked,
): object {
  const own = new Set([...table.groups.keys(), ...table.aliases.keys()]);
  const discovered = [...table.catalogue].flatMap(([address, listing]) =>
    [...listing.values()]
      .filter(({ id }) => !own.has(id))
      .map(({ id, status, contextLength }) => ({
        id,
        address,
        href: paths.model(id),
        status: loadStatus(status),
        context: contextLength === null ? '–' : shownCount(contextLength),
      })),
  );
  const backends = new Set(models.flatMap(({ deployments }) => deployments.map(({ address }) => address)));
  return {
    subtitle: `${shownCount(models.length)} configured on ${plural(backends.size, 'backend')}, ${shownCount(discovered.length)} more found there`,
    add: mayAdd && { href: paths.newModel },
    done: doneFlash(DONE, done),
    warnings: table.warnings.slice(0, 20),
    models: models.map((model) => ({
      ...model,
      deployments: model.deployments.map((one) => ({ ...one, href: paths.model(model.name) })),
      aliases: model.aliases.join(', '),
    })),
    discovered: discovered.slice(0, MAX_DISCOVERED),
    empty: {
      icon: 'cube',
      title: 'No models yet',
      text: 'Models stand in config.yaml under model_list, each with the backend that answers for it, or in the database.',
      label: mayAdd ? 'Add the first model' : '',
      href: paths.newModel,
    },
  };
}

function loadStatus(status: 'loaded' | 'unloaded' | null): object {
  if (status === 'loaded') return { tone: 'good', label: 'Loaded' };
  return { tone: 'off', label: status === 'unloaded' ? 'Not loaded' : 'Listed' };
}
