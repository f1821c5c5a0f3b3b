import type { Exchange } from './core/exchange.js';
import { COMMON_SETTINGS, type CommonSettings } from './core/settings.js';
import { answersFor, resultsFor, type SearchQuery } from './search-results.js';
import { startStandIn, type ListenOptions, type StandIn } from './stand-in.js';

interface SearchSettings extends CommonSettings {
  /** Whether `search.formats` has json; out of the box it has not. */
  jsonFormat: boolean;
  /** The bot limiter and its four machine-readable calls an hour. */
  limiter: boolean;
  limiterCallsPerHour: number;
  results: number;
  /** Instances before mid-2026 send `number_of_results`, usually 0. */
  numberOfResults: boolean;
  /** Instances before 2025 send plain strings as answers. */
  answersAsText: boolean;
  /** Engines that fail: the answer is still a 200. */
  unresponsive: string[][];
  /** When not empty, sent instead of made-up results. */
  fixedResults: unknown[];
}

const SETTINGS: SearchSettings = {
  ...COMMON_SETTINGS,
  jsonFormat: true,
  limiter: false,
  limiterCallsPerHour: 4,
  results: 10,
  numberOfResults: false,
  answersAsText: false,
  unresponsive: [],
  fixedResults: [],
};

class Searxng {
  readonly settings = structuredClone(SETTINGS);
  private machineCalls: number[] = [];

  handle(exchange: Exchange<SearchSettings>): void {
    const { path } = exchange;
    if (path === '/healthz') exchange.sendText(200, 'OK');
    else if (path === '/config') exchange.sendJson(200, CONFIG);
    else if (path === '/search' || path === '/') this.search(exchange);
    else exchange.sendText(404, '<!doctype html><title>Not Found</title>', HTML);
  }

  reset(): void {
    this.machineCalls = [];
  }

  private search(exchange: Exchange<SearchSettings>): void {
    const fields = fieldsOf(exchange);
    const format = fields.get('format') ?? 'html';
    if (this.settings.limiter && this.isRefused(exchange, format)) {
      exchange.sendText(429, 'Too Many Requests');
      return;
    }
    if (format !== 'html' && (!this.settings.jsonFormat || !FORMATS.includes(format))) {
      exchange.sendText(403, '<!doctype html><title>403 Forbidden</title><h1>Forbidden</h1>', HTML);
      return;
    }
    const problem = problemOf(fields);
    if (problem !== undefined) exchange.sendJson(400, { error: problem });
    else if (fields.get('q')?.startsWith('!!') === true)
      exchange.send(302, ['Location', exchange.settings.redirectTo], '');
    else this.answer(exchange, format, readQuery(fields));
  }

  private answer(exchange: Exchange<SearchSettings>, format: string, query: SearchQuery): void {
    const { answersAsText, fixedResults, numberOfResults, results: count, unresponsive } = this.settings;
    const results = fixedResults.length > 0 ? fixedResults : resultsFor(query, count);
    if (format === 'json')
      exchange.sendJson(200, {
        query: query.text,
        ...(numberOfResults && { number_of_results: 0 }),
        results,
        answers: answersFor(query.text, answersAsText),
        corrections: [],
        infoboxes: [],
        suggestions: [`${query.text} explained`],
        unresponsive_engines: unresponsive,
      });
    else if (format === 'csv') exchange.sendText(200, 'title,url,content\r\n', 'application/csv');
    else if (format === 'rss')
      exchange.sendText(200, '<?xml version="1.0"?><rss version="2.0"/>', 'text/xml');
    else exchange.sendText(200, '<!doctype html><title>SearXNG</title>', HTML);
  }

  private isRefused(exchange: Exchange<SearchSettings>, format: string): boolean {
    const header = (name: string) => exchange.header(name) ?? '';
    const accept = header('accept');
    if (accept !== '' && !/text\/html|\*\/\*/.test(accept)) return true;
    if (!/gzip|deflate/.test(header('accept-encoding'))) return true;
    if (header('accept-language') === '') return true;
    if (/^$|curl|wget|python|go-http-client|undici|node/i.test(header('user-agent'))) return true;
    if (format === 'html') return false;
    const now = Date.now();
    this.machineCalls = this.machineCalls.filter((at) => now - at < 3_600_000);
    this.machineCalls.push(now);
    return this.machineCalls.length > this.settings.limiterCallsPerHour;
  }
}

const HTML = 'text/html; charset=utf-8';
const FORMATS = ['html', 'json', 'csv', 'rss'];
const CONFIG = {
  instance_name: 'SearXNG',
  categories: ['general', 'news', 'science', 'it', 'images'],
  engines: ['duckduckgo', 'brave', 'wikipedia'].map((name) => ({
    name,
    categories: ['general'],
    enabled: true,
  })),
};

function fieldsOf(exchange: Exchange): URLSearchParams {
  const fields = new URLSearchParams(exchange.query);
  if (exchange.method === 'POST')
    for (const [name, value] of new URLSearchParams(exchange.body.toString('utf8'))) fields.set(name, value);
  return fields;
}

function readQuery(fields: URLSearchParams): SearchQuery {
  return {
    text: fields.get('q') ?? '',
    page: Number(fields.get('pageno') ?? 1),
    categories: (fields.get('categories') ?? 'general').split(','),
    engines: (fields.get('engines') ?? 'duckduckgo,brave').split(','),
  };
}

function problemOf(fields: URLSearchParams): string | undefined {
  const value = (name: string) => fields.get(name) ?? '';
  if (value('q').trim() === '') return 'No query';
  const checks: [string, RegExp][] = [
    ['language', /^(|all|auto|[a-z]{2,3}(-[A-Za-z]{2,4})?)$/],
    ['pageno', /^(|[1-9]\d*)$/],
    ['time_range', /^(|day|week|month|year)$/],
    ['safesearch', /^(|0|1|2)$/],
    ['timeout_limit', /^(|\d+(\.\d+)?)$/],
  ];
  const bad = checks.find(([name, allowed]) => !allowed.test(value(name)));
  return bad === undefined ? undefined : `Invalid value "${value(bad[0])}" for parameter ${bad[0]}`;
}

/** A metasearch engine; the query `fault/…` asks for a fault. */
export function startSearxng(options: ListenOptions = {}): Promise<StandIn> {
  const searxng = new Searxng();
  return startStandIn<SearchSettings>(
    {
      settings: searxng.settings,
      handle: (exchange) => searxng.handle(exchange),
      errorBody: (_status, error) => ({ type: 'application/json', body: JSON.stringify({ error }) }),
      modelOf: (exchange) => fieldsOf(exchange).get('q'),
      reset: () => searxng.reset(),
    },
    options,
  );
}
