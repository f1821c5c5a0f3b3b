import type { Exchange } from './exchange.js';
import { COMMON_CHOICES, patchSettings, type Choices, type CommonSettings } from './settings.js';
import { headersOf, type TruthLedger } from './truth-ledger.js';
import type { FaultScript } from '../faults/fault-script.js';

export const CONTROL_PREFIX = '/__sandbox';
const LAST_BODY_BYTES = 65_536;

/** What the control API can reach. */
export interface Controlled {
  settings: CommonSettings;
  defaults: CommonSettings;
  choices: Choices;
  ledger: TruthLedger;
  script: FaultScript;
  open(): { inProgress: number; sockets: number };
  last(): Exchange | undefined;
  /** Applies settings that live outside the settings object; called after each change. */
  settled(): void;
  /** Empties counters and state of the stand-in itself. */
  reset(): void;
  /** Routes of this stand-in alone, by `METHOD /path`. */
  routes: Record<string, (exchange: Exchange) => unknown>;
}

export function control(exchange: Exchange, controlled: Controlled): void {
  const route = `${exchange.method} ${exchange.path.slice(CONTROL_PREFIX.length)}`;
  const handler = controlled.routes[route] ?? ROUTES[route];
  if (handler === undefined) {
    exchange.sendJson(404, { error: `no control route ${route}`, routes: Object.keys(ROUTES) });
    return;
  }
  try {
    const answer = handler(exchange, controlled);
    exchange.sendJson(200, answer ?? { ok: true });
  } catch (error) {
    exchange.sendJson(400, { error: error instanceof Error ? error.message : String(error) });
  }
}

type Route = (exchange: Exchange, controlled: Controlled) => unknown;
const ROUTES: Record<string, Route> = {
  'POST /next': (exchange, { script }) => {
    script.add(exchange.json);
    return { waiting: script.waiting };
  },
  'GET /next': (_exchange, { script }) => ({ waiting: script.waiting }),
  'POST /reset': reset,
  'POST /settings': change,
  'GET /settings': (_exchange, { settings }) => settings,
  'GET /truth': readTruth,
  'GET /truth/totals': (_exchange, { ledger }) => ledger.totals(),
  'GET /open': (_exchange, controlled) => controlled.open(),
  'GET /requests/last': lastRequest,
};

function reset(exchange: Exchange, controlled: Controlled): void {
  controlled.script.clear();
  controlled.ledger.reset();
  controlled.reset();
  if (exchange.field('settings') === true) {
    Object.assign(controlled.settings, structuredClone(controlled.defaults));
    controlled.settled();
  }
}

function change(exchange: Exchange, controlled: Controlled): CommonSettings {
  const { settings, choices } = controlled;
  const problems = patchSettings(settings, exchange.json, { ...COMMON_CHOICES, ...choices });
  if (problems.length > 0) throw new Error(problems.join('; '));
  controlled.settled();
  return settings;
}

function readTruth(exchange: Exchange, { ledger }: Controlled): object[] {
  return ledger.read({
    since: Number(exchange.query.get('since') ?? 0),
    limit: Number(exchange.query.get('limit') ?? 200_000),
    model: exchange.query.get('model'),
  });
}

function lastRequest(_exchange: Exchange, controlled: Controlled): object {
  const last = controlled.last();
  if (last === undefined) throw new Error('no request came yet');
  return {
    method: last.method,
    url: last.req.url,
    headers: headersOf(last.req.rawHeaders),
    rawHeaders: last.req.rawHeaders,
    body: last.body.subarray(0, LAST_BODY_BYTES).toString('utf8'),
    bodyBytes: last.bodyBytes,
  };
}
