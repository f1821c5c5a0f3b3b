import { type Deployment } from '@app/call';
import { type FallbackKind } from './judge-failure.js';
import { type ModelGroup } from './model-table.js';

/** A model group by the name that a call knows it by. */
export interface Route {
  readonly name: string;
  /** Every name that leads there from the one that was asked for, its own among them: limits of single models go by them. */
  readonly names: readonly string[];
  readonly group: ModelGroup;
}

/**
 * Where a call may go. As a list: every deployment that may come to answer, those of its route in the order in which
 * to ask them, then those of its fallbacks.
 */
export interface CallPlan extends ReadonlyArray<Deployment> {
  readonly route: Route;
  /** Groups to try after a failure, in their order. */
  readonly fallbacks: Readonly<Record<FallbackKind, readonly Route[]>>;
}

/** Of a call without any; one object, so that it is known again. */
export const NO_FALLBACKS: CallPlan['fallbacks'] = Object.freeze({
  general: Object.freeze([]),
  contextWindow: Object.freeze([]),
  contentPolicy: Object.freeze([]),
});
