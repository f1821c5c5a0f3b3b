import { type Deployment, type JsonObject, type JsonValue } from '@app/call';
import { type ModelEntry } from '@app/config';
import { type SpendSum } from '@app/spend';
import { type DeploymentView, type ModelState } from '../model-states.js';
import { doneFlash } from '../owners/owner-status.js';
import { usagePanel } from '../owners/usage-panel.view.js';
import { paths } from '../paths.js';
import { MISSING, plural, shownCount, shownDuration } from '../shown-values.js';
import { type TestResult } from './model-tester.js';

/** One deployment with what it was made of. */
export interface DeploymentFacts {
  readonly view: DeploymentView;
  readonly deployment: Deployment;
  /** Null for a name that a pattern takes and that has no entry of its own. */
  readonly entry: ModelEntry | null;
}

export interface ModelPage {
  readonly model: ModelState;
  readonly deployments: readonly DeploymentFacts[];
  readonly days: readonly SpendSum<'day' | 'series'>[];
  readonly mayTest: boolean;
  /** Null before anything was tested. */
  readonly test: TestResult | null;
  readonly mayWrite: boolean;
  readonly done: string | null;
}

const DONE = {
  added: 'The model is there, on every replica within a second. Send a hello to see that it answers.',
  saved: 'The model is changed, on every replica within a second.',
  deleted: 'The deployment is deleted.',
};

export function modelView(page: ModelPage): object {
  const { model, deployments, days, mayTest, test, mayWrite, done } = page;
  return {
    crumb: { href: paths.models, label: 'Models' },
    name: model.name,
    subtitle: model.aliases.length === 0 ? '' : `also called ${model.aliases.join(', ')}`,
    done: doneFlash(DONE, done),
    mayTest,
    test: { action: paths.testModel(model.name) },
    result: test && {
      isThere: true,
      ...test,
      cost: test.cost || 'Unpriced',
      took: shownDuration(test.tookMs),
    },
    deployments: deployments.map((one) => deploymentView(one, mayWrite)),
    usage: usagePanel(days, { caption: `Requests per day of ${model.name} by what was asked upstream` }),
  };
}

function deploymentView({ view, deployment, entry }: DeploymentFacts, mayWrite: boolean): object {
  const isStored = view.source === 'database';
  return {
    ...view,
    running: shownCount(view.inFlight),
    isUnpriced: view.price === false,
    edit: isStored && mayWrite && { href: paths.editModel(view.id) },
    remove: isStored && mayWrite && { href: paths.deleteModel(view.id) },
    settings: settingsOf(deployment, entry, view.source),
  };
}

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly from: string;
}

/** What is in effect, and where it comes from. */
function settingsOf(deployment: Deployment, entry: ModelEntry | null, source: string): Setting[] {
  const { price, apiKey, extraHeaders } = deployment;
  const from = (isGiven: boolean, other: string): string => (isGiven ? source : other);
  const hasPrice = entry !== null && Object.keys(entry.prices).length > 0;
  return [
    {
      name: 'Model at the backend',
      value: `${deployment.provider}/${deployment.upstreamModel}`,
      from: source,
    },
    {
      name: 'Address',
      value: deployment.origin + deployment.basePath,
      from: from(entry?.apiBase != null, 'provider'),
    },
    { name: 'Key of the backend', value: apiKey ? 'Set' : 'None', from: source },
    { name: 'Extra headers', value: Object.keys(extraHeaders).join(', '), from: source },
    {
      name: 'Price',
      value: hasPrice ? 'Its own' : price.version === 'unpriced' ? 'None' : 'Price list',
      from: from(hasPrice, 'price list'),
    },
    {
      name: 'Context',
      value: tokens(deployment.maxInputTokens),
      from: from(entry?.modelInfo['max_input_tokens'] != null, 'backend'),
    },
    {
      name: 'Longest answer',
      value: tokens(deployment.maxOutputTokens),
      from: from(entry?.modelInfo['max_output_tokens'] != null, 'backend'),
    },
    {
      name: 'Calls functions',
      value: deployment.supportsFunctionCalling ? 'Yes' : 'No',
      from: from(entry?.modelInfo['supports_function_calling'] != null, 'backend or default'),
    },
    ...deadlinesOf(deployment, entry, source),
    ...ownSettings(entry, source),
    { name: 'Parameters', value: parametersText(deployment.defaults), from: source },
  ].filter(({ value }) => value !== '' && value !== MISSING);
}

function deadlinesOf({ timeouts }: Deployment, entry: ModelEntry | null, source: string): Setting[] {
  const from = (isGiven: boolean): string => (isGiven ? source : 'router_settings or default');
  const time = (ms: number): string => (Number.isFinite(ms) && ms > 0 ? shownDuration(ms) : 'No end');
  return [
    {
      name: 'Until connected',
      value: time(timeouts.connectMs),
      from: from(entry?.connectTimeoutMs != null),
    },
    {
      name: 'Until the first token',
      value: time(timeouts.firstByteMs),
      from: from(entry?.streamTimeoutMs != null),
    },
    {
      name: 'Longest silence',
      value: time(timeouts.idleMs),
      from: from(entry?.idleTimeoutMs != null),
    },
    { name: 'Longest call', value: time(timeouts.totalMs), from: from(entry?.timeoutMs != null) },
  ];
}

function ownSettings(entry: ModelEntry | null, from: string): Setting[] {
  if (!entry) return [];
  const number = (value: number | null, unit: string): string =>
    value === null ? '' : `${shownCount(value)} ${unit}`.trim();
  return [
    { name: 'Weight', value: entry.weight === null ? '' : String(entry.weight), from },
    { name: 'Order', value: entry.order === null ? '' : String(entry.order), from },
    { name: 'Requests', value: number(entry.rpm, 'a minute'), from },
    { name: 'Tokens', value: number(entry.tpm, 'a minute'), from },
    { name: 'At once', value: number(entry.maxParallelRequests, 'calls'), from },
    { name: 'Retries', value: number(entry.numRetries, ''), from },
    {
      name: 'Rest after failures',
      value: entry.cooldownMs === null ? '' : shownDuration(entry.cooldownMs),
      from,
    },
    { name: 'Tags', value: entry.tags.join(', '), from },
  ];
}

const tokens = (count: number | null): string => (count === null ? MISSING : plural(count, 'token'));

const MAX_TEXT = 500;
const parametersText = (defaults: JsonObject): string =>
  Object.entries(defaults)
    .map(([name, value]: [string, JsonValue]) => `${name}: ${JSON.stringify(value)}`)
    .join(', ')
    .slice(0, MAX_TEXT);
