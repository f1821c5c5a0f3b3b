import { type Deployment } from '@app/call';
import { type Catalogue } from './catalogue.js';
import { type CompiledEntry } from './compile-deployment.js';
import { type Wildcard } from './wildcard.js';

/** A deployment as one of its group: what decides how much of the group's traffic it gets. */
export interface GroupMember {
  readonly deployment: Deployment;
  /** Its share by weight, else requests, else tokens per minute; null where the group shares evenly. */
  readonly weight: number | null;
  /** Lower goes first; Infinity where none is given. */
  readonly order: number;
  /** Limits a minute. */
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly maxParallelRequests: number | null;
  readonly tags: readonly string[];
  readonly numRetries: number | null;
  readonly cooldownMs: number | null;
}

/** The deployments of one model name, and how requests are shared among them. */
export interface ModelGroup {
  readonly name: string;
  readonly deployments: readonly Deployment[];
  /** The same deployments, in the same order. */
  readonly members: readonly GroupMember[];
}

export interface WildcardGroup {
  readonly pattern: Wildcard;
  readonly entries: readonly CompiledEntry[];
}

export interface RouterAlias {
  readonly model: string;
  readonly hidden: boolean;
}

/** Everything that routing knows, compiled when the configuration or the upstreams' listings change. */
export interface ModelTable {
  readonly groups: ReadonlyMap<string, ModelGroup>;
  readonly aliases: ReadonlyMap<string, RouterAlias>;
  /** Longest pattern first. */
  readonly wildcards: readonly WildcardGroup[];
  /** Access group to the model names in it. */
  readonly accessGroups: ReadonlyMap<string, ReadonlySet<string>>;
  readonly catalogue: Catalogue;
  /** What a caller who may use everything is shown, in order; the name and who provides it. */
  readonly listed: ReadonlyMap<string, string>;
  /** The upstreams that are asked for their models: one deployment for each address. */
  readonly discoverable: readonly Deployment[];
  /** What cannot be used, and what has no effect; one sentence each. */
  readonly warnings: readonly string[];
}
