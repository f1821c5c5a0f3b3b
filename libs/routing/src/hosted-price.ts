import { createRequire } from 'node:module';
import type * as GenaiPrices from '@pydantic/genai-prices';
import { type Deployment, type Price } from '@app/call';
import { providerNamed } from '@app/upstream';
import { compilePrice } from './compile-price.js';

/** What the price list calls those providers whose own addresses it is about. */
const LISTED: ReadonlyMap<string, string> = new Map([
  ['openai', 'openai'],
  ['azure', 'azure'],
  ['anthropic', 'anthropic'],
  ['gemini', 'google'],
  ['mistral', 'mistral'],
  ['groq', 'groq'],
  ['deepseek', 'deepseek'],
  ['openrouter', 'openrouter'],
  ['together_ai', 'together'],
]);
const AZURE_HOST = /\.(?:openai\.azure|cognitiveservices\.azure|services\.ai\.azure)\.com$/;
/** Ours by theirs; theirs is for a million of them, or a thousand requests. */
const UNITS = [
  ['input_cost_per_token', 'input_mtok', 'e-6'],
  ['output_cost_per_token', 'output_mtok', 'e-6'],
  ['cache_read_input_token_cost', 'cache_read_mtok', 'e-6'],
  ['cache_creation_input_token_cost', 'cache_write_mtok', 'e-6'],
  ['cache_creation_input_token_cost_above_1hr', 'cache_write_1h_mtok', 'e-6'],
  ['input_cost_per_request', 'requests_kcount', 'e-3'],
] as const;

let list: typeof GenaiPrices | null = null;

/** The list holds some 20 MB: only those who use a hosted provider have it. */
function loaded(): typeof GenaiPrices {
  list ??= createRequire(import.meta.url)('@pydantic/genai-prices') as typeof GenaiPrices;
  return list;
}

/**
 * The price that a hosted provider asks for a model, as of today; null where the deployment is another server, or
 * where the list does not know the model.
 */
export function hostedPrice(deployment: Deployment, upstreamModel: string): Price | null {
  const providerId = LISTED.get(deployment.provider);
  if (providerId === undefined || upstreamModel.includes('*') || !isItsOwn(deployment)) return null;
  const known = loaded().calcPrice({}, upstreamModel, { providerId })?.model_price;
  if (!known) return null;
  const prices: Record<string, string> = {};
  for (const [name, unit, exponent] of UNITS) {
    const price = known[unit];
    const { base, tiers } = typeof price === 'object' ? price : { base: price, tiers: [] };
    if (base !== undefined) prices[name] = `${base}${exponent}`;
    for (const tier of tiers) prices[`${name}_above_${tier.start}_tokens`] = `${tier.price}${exponent}`;
  }
  return Object.keys(prices).length === 0 ? null : compilePrice(prices).price;
}

/** A server that only speaks like a provider has prices of its own, or none. */
function isItsOwn({ provider, origin }: Deployment): boolean {
  if (provider === 'azure') return AZURE_HOST.test(new URL(origin).hostname);
  const { base } = providerNamed(provider);
  return base !== null && new URL(base).origin === origin;
}
