/** Tells how long audio plays, from its bytes as they pass. */
export interface AudioClock {
  push(chunk: Buffer): void;
  /** Of what has passed, as far as it can be told; null where it cannot. */
  seconds(): number | null;
  /** The seconds are an estimate. */
  readonly isEstimated?: boolean;
}
