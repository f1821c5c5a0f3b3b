import { type ModelTable } from '@app/routing';
import { type ModelState } from './model-states.js';
import { shownCount } from './shown-values.js';

const MAX_DISCOVERED = 500;

/** The table of models, what upstreams say they have beyond it, and what is odd. */
export function modelsView(models: readonly ModelState[], table: ModelTable): object {
  const own = new Set([...table.groups.keys(), ...table.aliases.keys()]);
  const discovered = [...table.catalogue].flatMap(([address, listing]) =>
    [...listing.values()]
      .filter(({ id }) => !own.has(id))
      .map(({ id, status, contextLength }) => ({
        id,
        address,
        status: loadStatus(status),
        context: contextLength === null ? '–' : shownCount(contextLength),
      })),
  );
  const backends = new Set(models.flatMap(({ deployments }) => deployments.map(({ address }) => address)));
  return {
    subtitle: `${shownCount(models.length)} configured on ${backends.size} ${backends.size === 1 ? 'backend' : 'backends'}, ${shownCount(discovered.length)} more found there`,
    warnings: table.warnings.slice(0, 20),
    models: models.map((model) => ({ ...model, aliases: model.aliases.join(', ') || 'no alias' })),
    discovered: discovered.slice(0, MAX_DISCOVERED),
    empty: {
      icon: 'cube',
      title: 'No models yet',
      text: 'Models stand in config.yaml under model_list, each with the backend that answers for it.',
    },
  };
}

function loadStatus(status: 'loaded' | 'unloaded' | null): object {
  if (status === 'loaded') return { tone: 'good', label: 'Loaded' };
  return { tone: 'off', label: status === 'unloaded' ? 'Idle' : 'Listed' };
}
