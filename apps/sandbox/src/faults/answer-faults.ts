import type { Exchange } from '../core/exchange.js';
import { endSocket } from '../core/player.js';
import type { Fault } from './fault.js';

/** How a stand-in words an error of its own. */
export type ErrorBody = (status: number, message: string) => { type: string; body: string };

const HTML = '<!doctype html><html><body><h1>Welcome</h1><script>document.title=1</script></body></html>';

/** Answers in the server's place when the fault is about the whole answer; false when it is not. */
export function answerFault(exchange: Exchange, errorBody: ErrorBody): boolean {
  const { fault } = exchange;
  if (fault === undefined) return false;
  for (const [name, answer] of ANSWERS) {
    if (fault.has(name)) {
      answer(exchange, fault, errorBody);
      return true;
    }
  }
  return false;
}

type Answer = (exchange: Exchange, fault: Fault, errorBody: ErrorBody) => void;
const ANSWERS: [Parameters<Fault['has']>[0], Answer][] = [
  ['silent', () => {}],
  ['timeout', stayUntilTimeout],
  ['headers-then-silent', headersOnly],
  ['status', (exchange, fault, errorBody) => refuse(exchange, fault.number('status', 500), errorBody)],
  ['500', (exchange, _fault, errorBody) => refuse(exchange, 500, errorBody)],
  ['429', refuseForNow],
  ['502-empty', (exchange) => exchange.send(502, [], '')],
  ['204', (exchange) => exchange.send(204, [], '')],
  ['html', (exchange) => exchange.sendText(200, HTML, 'text/html; charset=utf-8')],
  ['empty', (exchange) => exchange.send(200, ['Content-Type', typeOf(exchange)], '')],
  ['garbage', (exchange) => exchange.send(200, ['Content-Type', typeOf(exchange)], garbage(exchange))],
  ['redirect', redirect],
  ['echo-key', echoKey],
  ['context', contextExceeded],
  ['loading', loading],
];

function typeOf(exchange: Exchange): string {
  return exchange.entry.stream ? 'text/event-stream' : 'application/json';
}

function garbage(exchange: Exchange): string {
  return exchange.entry.stream ? 'data: {"id": \n\ndata: ]]]\n\n\x01\x02 what\n\n' : '{"id": }}} \x01 what';
}

function refuse(exchange: Exchange, status: number, errorBody: ErrorBody): void {
  const error = errorBody(status, 'scripted fault');
  const body = exchange.fault?.body ?? error.body;
  exchange.send(status, ['Content-Type', error.type], body);
}

function refuseForNow(exchange: Exchange, fault: Fault, errorBody: ErrorBody): void {
  const error = errorBody(429, 'Too many requests');
  const seconds = String(fault.number('429', 1));
  exchange.send(429, ['Content-Type', error.type, 'Retry-After', seconds], fault.body ?? error.body);
}

function stayUntilTimeout(exchange: Exchange, fault: Fault): void {
  exchange.after(fault.number('timeout', exchange.settings.timeoutMs), () => endSocket(exchange, 'cut'));
}

function headersOnly(exchange: Exchange): void {
  exchange.entry.status = 200;
  exchange.res.writeHead(200, { 'Content-Type': typeOf(exchange) });
  exchange.res.flushHeaders();
}

function redirect(exchange: Exchange): void {
  exchange.send(302, ['Location', exchange.settings.redirectTo], '');
}

function echoKey(exchange: Exchange): void {
  const sent = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']
    .map((name) => exchange.header(name))
    .filter((value) => value !== undefined);
  const message = `Incorrect API key provided: ${sent.join(' ')}`;
  exchange.sendJson(401, { error: { code: 401, message, type: 'authentication_error' } });
}

function contextExceeded(exchange: Exchange): void {
  const message = 'request (9412 tokens) exceeds the available context size (8192 tokens), try increasing it';
  const type = 'exceed_context_size_error';
  exchange.sendJson(400, { error: { code: 400, message, type, n_prompt_tokens: 9412, n_ctx: 8192 } });
}

function loading(exchange: Exchange): void {
  exchange.sendJson(503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } });
}
