import { type Deployment, type Price } from '@app/call';
import { addressOf, type Catalogue } from './catalogue.js';
import { type CompiledEntry } from './compile-deployment.js';
import { isUnpriced } from './compile-price.js';
import { hostedPrice } from './hosted-price.js';
import { type GroupMember, type ModelGroup } from './model-table.js';

/** A group of entries, each with the model that its upstream is asked for. */
export function compileGroup(
  name: string,
  entries: readonly { readonly entry: CompiledEntry; readonly upstreamModel: string }[],
  catalogue: Catalogue,
): ModelGroup {
  const weights = weightsOf(entries.map(({ entry }) => entry));
  const members = entries.map(({ entry, upstreamModel }, index) =>
    memberOf(entry, deploymentFor(entry, upstreamModel, catalogue), weights?.[index] ?? null),
  );
  return Object.freeze({
    name,
    deployments: Object.freeze(members.map(({ deployment }) => deployment)),
    members: Object.freeze(members),
  });
}

function memberOf({ shares }: CompiledEntry, deployment: Deployment, weight: number | null): GroupMember {
  const { order, ...others } = shares;
  return Object.freeze({ ...others, deployment, weight, order: order ?? Infinity });
}

/** What the configuration leaves open is what the upstream says of the model. */
function deploymentFor(entry: CompiledEntry, upstreamModel: string, catalogue: Catalogue): Deployment {
  const { deployment, supportsFunctionCalling } = entry;
  const found = catalogue.get(addressOf(deployment))?.get(upstreamModel);
  return Object.freeze({
    ...deployment,
    upstreamModel,
    basePath: withModel(deployment.basePath, upstreamModel),
    price: priceOf(deployment, upstreamModel),
    supportsFunctionCalling: supportsFunctionCalling ?? found?.capabilities?.has('function_calling') ?? true,
    maxInputTokens: deployment.maxInputTokens ?? found?.contextLength ?? null,
  });
}

/** What the configuration says, else what a hosted provider is known to ask. */
function priceOf(deployment: Deployment, upstreamModel: string): Price {
  const { price } = deployment;
  return isUnpriced(price) ? (hostedPrice(deployment, upstreamModel) ?? price) : price;
}

/** Some providers want the model in the path; a client may have chosen its name. */
function withModel(basePath: string, upstreamModel: string): string {
  if (!basePath.includes('{model}')) return basePath;
  const segment = /^\.+$/.test(upstreamModel) ? '%2E' : encodeURIComponent(upstreamModel);
  return basePath.replace('{model}', () => segment);
}

/** By weight, else requests, else tokens per minute: whichever the first deployment has. */
function weightsOf(entries: readonly CompiledEntry[]): readonly number[] | null {
  const first = entries[0]?.shares;
  const kind = (['weight', 'rpm', 'tpm'] as const).find((name) => typeof first?.[name] === 'number');
  if (kind === undefined || entries.length === 1) return null;
  const weights = entries.map(({ shares }) => shares[kind] ?? 0);
  return weights.some((weight) => weight > 0) ? weights : null;
}
