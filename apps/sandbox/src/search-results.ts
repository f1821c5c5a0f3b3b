import { hashOf } from './core/hash.js';

export interface SearchQuery {
  text: string;
  page: number;
  categories: string[];
  engines: string[];
}

const SITES = [
  'docs.example.org',
  'en.wikipedia.example',
  'news.example.com',
  'blog.example.net',
  'example.edu',
];

/** Made-up results on a query, always the same; a query with "no results" has none. */
export function resultsFor(query: SearchQuery, count: number): object[] {
  if (/no results/i.test(query.text)) return [];
  const slug = query.text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return Array.from({ length: count }, (_, index) => {
    const position = (query.page - 1) * count + index + 1;
    const host = SITES[(hashOf(query.text) + position) % SITES.length] ?? 'example.org';
    const path = `/${slug}/${position}`;
    const engines = query.engines.slice(0, 1 + (position % Math.max(1, query.engines.length)));
    return {
      url: `https://${host}${path}`,
      title: `${query.text} – part ${position}`,
      ...(position % 5 !== 0 && { content: `What ${host} says about ${query.text}, number ${position}.` }),
      engine: engines[0] ?? 'duckduckgo',
      engines,
      parsed_url: ['https', host, path, '', '', ''],
      template: 'default.html',
      positions: [position],
      score: Math.round(400 / position) / 100,
      category: query.categories[0] ?? 'general',
      publishedDate: position % 2 === 0 ? '2026-01-02T00:00:00' : null,
      thumbnail: '',
      img_src: '',
      priority: '',
    };
  });
}

/** A sum in the query is worked out, as the calculator plugin does. */
export function answersFor(text: string, asText: boolean): unknown[] {
  const sum = /^\s*(\d+)\s*\+\s*(\d+)\s*$/.exec(text);
  if (sum === null) return [];
  const answer = `${text.trim()} = ${Number(sum[1]) + Number(sum[2])}`;
  return [asText ? answer : { answer, url: null, engine: 'calculator', template: 'answer/legacy.html' }];
}
