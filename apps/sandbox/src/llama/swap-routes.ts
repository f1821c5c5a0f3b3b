import type { Exchange } from '../core/exchange.js';
import type { LlamaSettings } from './llama-settings.js';
import { findModel, listedModels, modelList } from './models.js';
import type { ModelSwap } from './model-swap.js';

/** llama-swap's own routes that answer without a model. */
export type SwapRoute = (exchange: Exchange<LlamaSettings>, swap: ModelSwap) => void;

/** Routes that ask for no key. */
export const PUBLIC_ROUTES = new Set(['/health', '/wol-health']);

const UNLOAD_PREFIX = '/api/models/unload/';

export function findSwapRoute(method: string, path: string): SwapRoute | undefined {
  const exact = ROUTES[`${method} ${path}`];
  if (exact !== undefined) return exact;
  if (method === 'POST' && path.startsWith(UNLOAD_PREFIX)) return unloadOne;
  return method === 'GET' && path.startsWith('/logs') ? logs : undefined;
}

const ROUTES: Record<string, SwapRoute> = {
  'GET /health': (exchange) => exchange.sendText(200, 'OK'),
  'GET /wol-health': (exchange) => exchange.sendText(200, 'OK'),
  'GET /v1/models': models,
  'GET /models': models,
  'GET /running': running,
  'GET /unload': unloadAll,
  'POST /api/models/unload': (exchange, swap) => {
    swap.unload();
    exchange.sendJson(200, { msg: 'ok' });
  },
  'GET /api/events': events,
  'GET /api/version': (exchange) =>
    exchange.sendJson(200, {
      version: exchange.settings.generation,
      commit: 'sandbox',
      build_date: 'unknown',
    }),
  'GET /metrics': (exchange) =>
    exchange.sendText(200, '# TYPE llamaswap_cpu_util_percent gauge\nllamaswap_cpu_util_percent 1\n'),
  'GET /': (exchange) => exchange.send(302, ['Location', '/ui'], ''),
  'GET /ui': (exchange) =>
    exchange.sendText(200, '<!doctype html><title>llama-swap</title>', 'text/html; charset=utf-8'),
};

function models(exchange: Exchange<LlamaSettings>, swap: ModelSwap): void {
  const loaded = new Set(swap.list().map((process) => process.model));
  const body = modelList(exchange.settings, (id) => loaded.has(id));
  const origin = exchange.header('origin');
  exchange.sendJson(200, body, origin === undefined ? [] : ['Access-Control-Allow-Origin', origin]);
}

function running(exchange: Exchange<LlamaSettings>, swap: ModelSwap): void {
  const processes = swap.list().map(({ model, state }, index) => ({
    model,
    state,
    cmd: `/app/llama-server --port ${5800 + index} -m /models/${findModel(model, exchange.settings)?.ownName ?? model}`,
    proxy: `http://127.0.0.1:${5800 + index}`,
    ttl: exchange.settings.ttlSeconds,
    name: '',
    description: '',
  }));
  exchange.sendJson(200, { running: processes });
}

function unloadAll(exchange: Exchange<LlamaSettings>, swap: ModelSwap): void {
  swap.unload();
  exchange.sendText(200, 'OK');
}

function unloadOne(exchange: Exchange<LlamaSettings>, swap: ModelSwap): void {
  const model = decodeURIComponent(exchange.path.slice(UNLOAD_PREFIX.length));
  if (findModel(model, exchange.settings) === undefined) {
    exchange.sendText(404, 'Model not found');
    return;
  }
  swap.unload(model);
  exchange.sendText(200, 'OK');
}

function logs(exchange: Exchange<LlamaSettings>): void {
  exchange.sendText(200, 'llama-swap listening\n');
}

/** The event stream stays open; on connect it tells the models' states. */
function events(exchange: Exchange<LlamaSettings>, swap: ModelSwap): void {
  const states = new Map(swap.list().map(({ model, state }) => [model, state]));
  const status = listedModels(exchange.settings).map(({ id, title }) => ({
    id,
    name: title,
    description: '',
    state: states.get(id) ?? 'stopped',
    unlisted: false,
    peerID: '',
  }));
  const { res } = exchange;
  exchange.entry.status = 200;
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  const frame = (type: string, data: unknown) =>
    `event:message\ndata:${JSON.stringify({ type, data: JSON.stringify(data) })}\n\n`;
  res.write(frame('logData', { source: 'proxy', data: 'llama-swap listening\n' }));
  res.write(frame('modelStatus', status));
}
