import { Injectable } from '@nestjs/common';
import { type Deployment, type Price } from '@app/call';
import { type LoadState, LoadStates, RoutingService } from '@app/routing';
import { type StatusView } from './calls.view.js';
import { type Problem } from './problems.view.js';
import { paths } from './paths.js';
import { MISSING, shownDuration, shortMoney } from './shown-values.js';

/** A model, or a pattern of models, and how each of its deployments does in this process. */
export interface ModelState {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly deployments: readonly DeploymentView[];
}

export interface DeploymentView {
  readonly id: string;
  readonly upstreamModel: string;
  readonly provider: string;
  readonly address: string;
  readonly status: StatusView;
  readonly price: { readonly amount: string; readonly unit: string } | false;
  readonly inFlight: number;
  readonly latency: string;
  readonly calls: string;
  /** What its backend says of the model; false where it says nothing. */
  readonly load: StatusView | false;
  readonly source: 'config.yaml' | 'database';
}

/** The table of models as it is now, out of memory. */
@Injectable()
export class ModelStates {
  constructor(
    private readonly routing: RoutingService,
    private readonly loads: LoadStates,
  ) {}

  all(): ModelState[] {
    const { groups, aliases } = this.routing.table;
    return [...groups.values()].map(({ name, deployments }) => ({
      name,
      aliases: [...aliases].filter(([, { model }]) => model === name).map(([alias]) => alias),
      deployments: deployments.map((deployment) => this.view(deployment)),
    }));
  }

  /** A model by its name, an alias of it, or a name that a pattern takes; null where there is none. */
  named(name: string): ModelState | null {
    const { aliases } = this.routing.table;
    const group = this.routing.groupOf(name);
    if (!group) return null;
    const real = aliases.get(name)?.model ?? name;
    return {
      name: real,
      aliases: [...aliases].filter(([, { model }]) => model === real).map(([alias]) => alias),
      deployments: group.deployments.map((deployment) => this.view(deployment)),
    };
  }

  private view(deployment: Deployment): DeploymentView {
    const state = this.routing.picker.stateOf(deployment);
    const { successes, failures } = state.breaker.report;
    return {
      id: deployment.id,
      upstreamModel: deployment.upstreamModel,
      provider: deployment.provider,
      address: deployment.origin + deployment.basePath,
      status: this.statusOf(deployment),
      price: priceOf(deployment.price),
      inFlight: state.inFlight,
      latency: shownDuration(state.latencyMs),
      load: loadStatus(this.loads.of(deployment)),
      source: this.isStored(deployment) ? 'database' : 'config.yaml',
      calls: successes + failures === 0 ? MISSING : `${successes} answered, ${failures} failed`,
    };
  }

  private isStored({ id }: Deployment): boolean {
    return this.routing.entries.some(({ entry, isStored }) => isStored && entry.modelInfo['id'] === id);
  }

  private statusOf(deployment: Deployment): StatusView {
    const { breaker, inFlight, lastFailure } = this.routing.picker.stateOf(deployment);
    const restMs = breaker.restMs(performance.now());
    const last = lastFailure ? `last failure ${lastFailure.status || 'no answer'}` : '';
    if (breaker.isResting) {
      const label = restMs > 0 ? `Resting, ${shownDuration(restMs)}` : 'Resting, tried next';
      return { tone: 'bad', label, note: last };
    }
    const { failuresInARow, successes } = breaker.report;
    if (failuresInARow > 0)
      return {
        tone: 'warn',
        label: failuresInARow === 1 ? 'Failed once' : `Failed ${failuresInARow} times`,
        note: last,
      };
    if (inFlight > 0) return { tone: 'busy', label: `${inFlight} running`, note: '' };
    return successes > 0
      ? { tone: 'good', label: 'Ready', note: '' }
      : { tone: 'off', label: 'Not called yet', note: '' };
  }
}

const LOADS: Readonly<Record<LoadState, StatusView>> = {
  ready: { tone: 'good', label: 'Loaded', note: '' },
  starting: { tone: 'busy', label: 'Loading', note: '' },
  stopping: { tone: 'busy', label: 'Unloading', note: '' },
  unloaded: { tone: 'off', label: 'Not loaded', note: 'loads with the next call' },
};

const loadStatus = (state: LoadState | null): StatusView | false => state !== null && LOADS[state];

const MILLION = 1_000_000n;

function priceOf(price: Price): DeploymentView['price'] {
  const { inputPerTokenPicoUsd: input, outputPerTokenPicoUsd: output } = price;
  if (input !== null || output !== null) {
    const [first, second] = [shortMoney((input ?? 0n) * MILLION), shortMoney((output ?? 0n) * MILLION)];
    return { amount: `${first} / ${second}`, unit: '1 M tokens in / out' };
  }
  if (price.perCharacterPicoUsd !== null) {
    return { amount: shortMoney(price.perCharacterPicoUsd * MILLION), unit: '1 M characters' };
  }
  if (price.perSecondPicoUsd !== null)
    return { amount: shortMoney(price.perSecondPicoUsd * 60n), unit: '1 minute' };
  if (price.perRequestPicoUsd !== null)
    return { amount: shortMoney(price.perRequestPicoUsd), unit: '1 request' };
  return false;
}

/** Models of which some deployment does not answer. */
export function modelProblems(models: readonly ModelState[]): Problem[] {
  return models.flatMap(({ name, deployments }) => {
    const ill = deployments.filter(({ status }) => status.tone === 'bad' || status.tone === 'warn');
    const [first] = ill;
    if (!first) return [];
    const isAll = ill.length === deployments.length;
    return [
      {
        tone: isAll ? ('bad' as const) : ('warn' as const),
        title: isAll ? `${name} does not answer.` : `${name} has lost a deployment.`,
        text: `${first.address}: ${first.status.label.toLowerCase()}${first.status.note ? `, ${first.status.note}` : ''}.`,
        label: 'Open models',
        href: paths.models,
      },
    ];
  });
}
