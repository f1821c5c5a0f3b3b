import { type Deployment } from '@app/call';
import { type Catalogue } from './catalogue.js';
import { type CompiledEntry } from './compile-deployment.js';
import { type Wildcard } from './wildcard.js';

/** The deployments of one model name, and how requests are shared among them. */
export interface ModelGroup {
  readonly name: string;
  readonly deployments: readonly Deployment[];
  /** One for each deployment; null shares evenly. */
  readonly weights: readonly number[] | null;
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
