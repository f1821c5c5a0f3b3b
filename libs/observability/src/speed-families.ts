import { type BucketCounts } from './bucket-counts.js';
import { type Family, labelText } from './family-text.js';
import { type SeriesRow, type SeriesRows } from './series-row.js';

/** How fast models answer, by model and deployment, without labels that are always empty. */
export function speedFamilies(rows: SeriesRows): Family[] {
  const histogram = (name: string, help: string, of: (row: SeriesRow) => BucketCounts): Family => ({
    ...{ name, help, type: 'histogram' },
    read: () =>
      rows.all
        .filter((row) => of(row).count > 0)
        .map((row) => ({
          labels: labelText({ model: row.names.requestedModel, deployment: row.names.modelId }),
          value: of(row),
        })),
  });
  return [
    histogram(
      'gateway_output_tokens_per_second',
      'Tokens of an answer in a second of writing it.',
      (row) => row.tokensPerSecond,
    ),
  ];
}
