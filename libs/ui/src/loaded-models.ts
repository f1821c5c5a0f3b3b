import { Injectable } from '@nestjs/common';
import { type Deployment } from '@app/call';
import { type LoadState, LoadStates, RoutingService } from '@app/routing';
import { deploymentsIn } from './deployments-in.js';

/** A model in the memory of a backend, or one that calls wait for. */
export interface LoadedModel {
  readonly name: string;
  readonly state: LoadState;
  /** Calls of this process that are there now. */
  readonly calls: number;
}

export interface Backend {
  readonly address: string;
  readonly models: readonly LoadedModel[];
}

/** What the backends hold, and what waits there; out of memory. */
@Injectable()
export class LoadedModels {
  constructor(
    private readonly routing: RoutingService,
    private readonly states: LoadStates,
  ) {}

  /** Those that tell, in order. */
  all(): Backend[] {
    return [...this.states.all()].map(([origin, running]) => {
      const deployments = this.at(origin);
      const names = new Set([...running.keys(), ...deployments.map(({ upstreamModel }) => upstreamModel)]);
      const models = [...names]
        .filter((name) => !name.includes('*'))
        .map((name) => ({
          name,
          state: running.get(name) ?? ('unloaded' as const),
          calls: this.callsOf(name, deployments),
        }))
        .filter(({ state, calls }) => state !== 'unloaded' || calls > 0);
      return { address: origin.replace(/^https?:\/\//, ''), models };
    });
  }

  private at(origin: string): Deployment[] {
    return deploymentsIn(this.routing.table).filter((deployment) => deployment.origin === origin);
  }

  /** A pattern's deployments are there for each model that they were asked for. */
  private callsOf(name: string, deployments: readonly Deployment[]): number {
    const { picker } = this.routing;
    return deployments
      .filter(({ upstreamModel }) => upstreamModel === name || upstreamModel.includes('*'))
      .reduce((sum, one) => sum + picker.stateOf({ ...one, upstreamModel: name }).inFlight, 0);
  }
}
