import { type DeploymentState } from '../deployment-state.js';
import { type GroupMember } from '../model-table.js';

/** A deployment that may be asked, and how it does. */
export interface Candidate {
  readonly member: GroupMember;
  readonly state: DeploymentState;
}

export interface SelectionContext {
  readonly nowMs: number;
  /** Numbers from 0 up to, but not including, 1. */
  readonly random: () => number;
}

/** Puts the candidates in the order in which to ask them. */
export type SelectionPolicy = (
  candidates: readonly Candidate[],
  context: SelectionContext,
) => readonly Candidate[];
