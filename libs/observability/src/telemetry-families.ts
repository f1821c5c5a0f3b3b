import { type Family, labelText, type Series } from './family-text.js';
import { type Delivery } from './traces/delivery.js';

const REASONS = ['full', 'refused', 'shutdown'] as const;

/** What becomes of traces: accepted = delivered + dropped + waiting. Deliveries of one name are summed. */
export function telemetryFamilies(deliveries: readonly Delivery[]): Family[] {
  const seriesOf = (
    label: string,
    of: (delivery: Delivery) => number,
    more: Record<string, string> = {},
  ): Series[] =>
    [...byName(deliveries, of)].map(([name, value]) => ({
      labels: labelText({ [label]: name, ...more }),
      value,
    }));
  const counter = (name: string, help: string, read: Family['read']): Family => ({
    name,
    help,
    type: 'counter',
    read,
  });
  const gauge = (name: string, help: string, read: Family['read']): Family => ({
    name,
    help,
    type: 'gauge',
    read,
  });
  return [
    counter('gateway_telemetry_accepted', 'Traces that were to be delivered.', () =>
      seriesOf('sink', ({ queue }) => queue.counts.accepted),
    ),
    counter('gateway_telemetry_delivered', 'Traces that were taken.', () =>
      seriesOf('sink', ({ queue }) => queue.counts.delivered),
    ),
    counter('gateway_telemetry_dropped', 'Traces that were lost, by reason.', () =>
      REASONS.flatMap((reason) => seriesOf('sink', ({ queue }) => queue.counts[reason], { reason })),
    ),
    gauge('gateway_telemetry_waiting', 'Traces that wait for delivery.', () =>
      seriesOf('sink', ({ queue }) => queue.size),
    ),
    gauge('gateway_telemetry_waiting_bytes', 'Memory of the traces that wait.', () =>
      seriesOf('sink', ({ queue }) => queue.bytes),
    ),
    counter('litellm_callback_logging_failures_metric', 'Traces that were lost.', () =>
      seriesOf('callback_name', lostBy),
    ),
  ];
}

const lostBy = ({ queue: { counts } }: Delivery): number => counts.full + counts.refused + counts.shutdown;

function byName(deliveries: readonly Delivery[], of: (delivery: Delivery) => number): Map<string, number> {
  const sums = new Map<string, number>();
  for (const delivery of deliveries) sums.set(delivery.name, (sums.get(delivery.name) ?? 0) + of(delivery));
  return sums;
}
