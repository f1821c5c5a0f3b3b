/** The transformer of a `bigint` column whose values are safe integers; the driver hands them over as text. */
export const BIGINT_AS_NUMBER = {
  to: (value: number | null) => value,
  from: (text: string | null) => (text === null ? null : Number(text)),
};
