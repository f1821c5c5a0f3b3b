/** One limit that bound a call. One object serves all calls under it. */
export interface BindingLimit {
  /** Whose it is, without the id: `key`, `user`, `team`, `team_member`, `organization`, `end_user`, `global`. */
  readonly scope: string;
  readonly kind: 'money' | 'requests' | 'tokens' | 'parallel';
  /** Null: calls of every model count. */
  readonly model: string | null;
  /** Pico-dollars, requests or tokens a minute, or calls at once. */
  readonly cap: bigint;
  /** How often a budget starts again, such as `1mo`; null where it never does. */
  readonly duration: string | null;
}

/** The limits of a call as they stood when it was let in or turned away. */
export interface LimitNote {
  readonly limits: readonly BindingLimit[];
  /** What was left of each before the call, as its process knew it. */
  readonly left: readonly bigint[];
  /** Position of the one that refused the call; null when it was let in. */
  readonly refusing: number | null;
}
