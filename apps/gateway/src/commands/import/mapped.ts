import { type JsonObject, picoUsdFrom } from '@app/call';
import { type ImportedKind } from '@app/spend';
import { type SpendWindow } from './map-limits.js';
import { type Note } from './report.js';
import { numberIn, type SourceRow, textIn, timeIn } from './source-row.js';

/** One thing of LiteLLM as a row of ours; null where it cannot be carried over. */
export interface Mapped {
  /** What the report calls it. */
  readonly name: string;
  readonly row: JsonObject | null;
  readonly notes: readonly Note[];
  /** What it has spent, where totals are kept of that. */
  readonly spent?: Spent;
}

export interface Spent {
  readonly kind: ImportedKind;
  readonly name: string;
  readonly picoUsd: bigint;
  readonly window: SpendWindow;
}

/** Rows with this in `updated_by` have not been touched here since they were carried over. */
export const IMPORT_AUTHOR = 'import from LiteLLM';

/** Who made it and when; that we have written it is how a later run knows it again. */
export function authorshipOf(row: SourceRow): JsonObject {
  const createdAt = timeIn(row, 'created_at') ?? timeIn(row, 'updated_at') ?? new Date(0);
  return {
    created_at: createdAt.toISOString(),
    created_by: textIn(row, 'created_by') ?? IMPORT_AUTHOR,
    updated_at: (timeIn(row, 'updated_at') ?? createdAt).toISOString(),
    updated_by: IMPORT_AUTHOR,
  };
}

/** USD that were spent, as LiteLLM counts them. */
export function spendIn(row: SourceRow): bigint {
  const picoUsd = picoUsdFrom(numberIn(row, 'spend') ?? 0) ?? 0n;
  return picoUsd > 0n ? picoUsd : 0n;
}
