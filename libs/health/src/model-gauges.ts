import { Injectable } from '@nestjs/common';
import { LimitsService } from '@app/limits';
import { type Family, labelText, MetricFamilies, type Series } from '@app/observability';
import { LoadStates, ModelDiscovery } from '@app/routing';

/** What upstreams hold in memory and how long loading takes them, and what this process holds of the limits. */
@Injectable()
export class ModelGauges {
  constructor(
    families: MetricFamilies,
    private readonly discovery: ModelDiscovery,
    private readonly states: LoadStates,
    limits: LimitsService,
  ) {
    families.add(
      this.#loaded(),
      this.#starting(),
      loads('gateway_model_loads', 'Models that were loaded.', () => this.#loads(({ loads }) => loads)),
      loads('gateway_model_load_seconds', 'Seconds of loading models, give or take five for each.', () =>
        this.#loads(({ seconds }) => seconds),
      ),
      {
        ...{ name: 'gateway_lease_pools', help: 'Limits that this process holds a part of.', type: 'gauge' },
        read: () => [{ labels: '', value: limits.leased.pools }],
      },
      {
        ...{ name: 'gateway_lease_statements', help: 'Questions to PostgreSQL for limits.', type: 'counter' },
        read: () => [{ labels: '', value: limits.leased.statements }],
      },
    );
  }

  #loaded(): Family {
    return {
      ...{ name: 'gateway_models_loaded', help: 'Models that an upstream holds in memory.', type: 'gauge' },
      read: () =>
        [...this.discovery.catalogue].map(([address, models]) => ({
          labels: labelText({ api_base: address }),
          value: [...models.values()].filter(({ status }) => status === 'loaded').length,
        })),
    };
  }

  #starting(): Family {
    return {
      ...{ name: 'gateway_models_loading', help: 'Models that an upstream is loading.', type: 'gauge' },
      read: () =>
        [...this.states.all()].map(([origin, running]) => ({
          labels: labelText({ api_base: origin }),
          value: [...running.values()].filter((state) => state === 'starting').length,
        })),
    };
  }

  #loads(of: (time: { readonly loads: number; readonly seconds: number }) => number): Series[] {
    return [...this.states.times.totals].map(([origin, time]) => ({
      labels: labelText({ api_base: origin }),
      value: of(time),
    }));
  }
}

const loads = (name: string, help: string, read: Family['read']): Family => ({
  ...{ name, help, type: 'counter', read },
});
