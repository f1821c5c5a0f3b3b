/** How routing found who may answer a call, in words; one object serves all calls that are planned alike. */
export interface PlanNote {
  /** The model group that the asked name leads to. */
  readonly group: string;
  /** `only` in a group of one, `session` where the conversation decides, else the name of the strategy. */
  readonly by: string;
  /** Ids of the group's deployments. */
  readonly deployments: readonly string[];
  /** Groups to ask after a failure, each once. */
  readonly fallbacks: readonly string[];
}
