import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Deployment, LiveCalls } from '@app/call';
import { NotificationService } from '@app/database';
import { type Family, labelText, MetricFamilies } from '@app/observability';
import { RoutingService } from '@app/routing';
import { Ledger, type LedgerStats } from '@app/spend';

const MAX_DEPLOYMENTS = 200;

type Book = readonly ['counter' | 'gauge', name: string, help: string, of: (stats: LedgerStats) => number];

const BOOKS: readonly Book[] = [
  ['gauge', 'gateway_journal_bytes', 'Bytes in the journal.', (stats) => stats.journalBytes],
  [
    'gauge',
    'gateway_journal_cap_bytes',
    'Bytes that the journal may have.',
    (stats) => stats.journalCapBytes,
  ],
  [
    'counter',
    'gateway_journal_failures',
    'Writes to the journal that failed.',
    (stats) => stats.journalFailures,
  ],
  ['gauge', 'gateway_unshipped_rows', 'Rows that are not in PostgreSQL yet.', (stats) => stats.unshippedRows],
  [
    'gauge',
    'gateway_shipper_lag_seconds',
    'Age of the oldest row that is not in PostgreSQL yet.',
    (stats) => stats.shipperLagMs / 1_000,
  ],
  ['counter', 'gateway_dead_letters', 'Rows that PostgreSQL refused.', (stats) => stats.deadLetters],
  [
    'gauge',
    'gateway_accounting_usable',
    '1 where calls can be recorded.',
    ({ mode }) => (mode === 'unavailable' ? 0 : 1),
  ],
  [
    'gauge',
    'gateway_journal_bypassed',
    '1 where rows go to PostgreSQL directly, because the journal takes none.',
    ({ mode }) => (mode === 'journal' ? 0 : 1),
  ],
  ['gauge', 'gateway_open_calls', 'Calls that are not closed in the books.', (stats) => stats.openCalls],
];

/** What parts of the gateway know of themselves, as metrics. */
@Injectable()
export class GatewayGauges implements OnModuleInit {
  constructor(
    private readonly families: MetricFamilies,
    private readonly ledger: Ledger,
    private readonly routing: RoutingService,
  ) {}

  onModuleInit(): void {
    this.families.add(...this.#books(), this.#deployments(), this.#cooledDown());
  }

  #books(): Family[] {
    return BOOKS.map(([type, name, help, of]) => ({
      ...{ type, name, help },
      read: () => [{ labels: '', value: of(this.ledger.stats()) }],
    }));
  }

  /** 0 well, 2 resting after failures. */
  #deployments(): Family {
    return {
      ...{ name: 'litellm_deployment_state', help: '0 well, 2 resting after failures.', type: 'gauge' },
      read: () =>
        this.#configured().map((deployment) => ({
          labels: labelText(labelsOf(deployment)),
          value: this.routing.picker.stateOf(deployment).breaker.isResting ? 2 : 0,
        })),
    };
  }

  #cooledDown(): Family {
    return {
      ...{ name: 'litellm_deployment_cooled_down', help: 'How often it began to rest.', type: 'counter' },
      read: () =>
        this.#configured().flatMap((deployment) => {
          const { rests } = this.routing.picker.stateOf(deployment).breaker.report;
          if (rests === 0) return [];
          return [{ labels: labelText({ ...labelsOf(deployment), exception_status: 'None' }), value: rests }];
        }),
    };
  }

  #configured(): Deployment[] {
    const all = [...this.routing.table.groups.values()].flatMap(({ deployments }) => deployments);
    return [...new Map(all.map((one) => [`${one.id}\n${one.upstreamModel}`, one])).values()].slice(
      0,
      MAX_DEPLOYMENTS,
    );
  }
}

const labelsOf = ({ upstreamModel, id, origin, basePath, provider }: Deployment): Record<string, string> => ({
  litellm_model_name: upstreamModel,
  model_id: id,
  api_base: origin + basePath,
  api_provider: provider,
});

/** What a process is busy with now. */
@Injectable()
export class LoadGauges {
  constructor(families: MetricFamilies, calls: LiveCalls, database: NotificationService) {
    families.add(
      {
        ...{ name: 'litellm_in_flight_requests', help: 'Calls in progress.', type: 'gauge' },
        read: () => [{ labels: '', value: calls.size }],
      },
      {
        ...{ name: 'gateway_database_connected', help: '1 while PostgreSQL answers.', type: 'gauge' },
        read: () => [{ labels: '', value: database.listening ? 1 : 0 }],
      },
    );
  }
}
