/** A model that is about to answer a call, for limits of single models. */
export interface ModelClaim {
  /** What it is called: as asked for, what that stands for, and so on. */
  readonly names: readonly string[];
  /** The most that the call can cost with it, in pico-dollars; worked out only where such a limit is met. */
  readonly bound: () => bigint;
}
