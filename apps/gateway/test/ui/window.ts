import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, type Page } from 'playwright-core';
import { MASTER_KEY, until } from '../harness.ts';
import { keepShownSecret } from '../harness/secrets.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Everything of WCAG 2.2 AA that a machine can judge, and axe's own advice. */
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Runs in the page before anything of ours: what must never happen is written down. */
const TRAP = `
  window.__xss = 0;
  window.__violations = [];
  window.__shift = 0;
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) window.__shift += value;
  }).observe({ type: 'layout-shift', buffered: true });
  for (const name of ['alert', 'confirm', 'prompt', 'print'])
    window[name] = () => { window.__xss++; };
  addEventListener('securitypolicyviolation', (event) =>
    window.__violations.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile));
`;

const OVERFLOW = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return '';
  const outside = [...document.querySelectorAll('main *')].filter(
    (element) => element.getBoundingClientRect().right > clientWidth + 1,
  );
  return (scrollWidth - clientWidth) + ' px: ' + outside.slice(0, 3).map((one) => one.outerHTML.slice(0, 100)).join(' | ');
})()`;

/** What axe is asked to judge: what a theme changes, or that and everything else. */
const JUDGED = { colours: ['color-contrast'], all: AXE_TAGS } as const;
/** Rows and columns that are like the first three: axe would walk through them all the same, so they are taken out. */
const TRIM = `for (const one of document.querySelectorAll('tbody tr:nth-child(n+4), .plot g:nth-of-type(n+4)')) one.remove();`;

const runAxe = (what: keyof typeof JUDGED): string =>
  `axe.run(${JSON.stringify({ runOnly: JUDGED[what], resultTypes: ['violations'], selectors: false })})
  .then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, any }) => id + ': ' + html.slice(0, 160) + ' ' + (any[0]?.message ?? ''))))`;

/** A browser window of one visitor, and what went wrong in it. */
export class Window {
  readonly wrongs: string[] = [];
  readonly context: BrowserContext;
  readonly page: Page;
  readonly base: string;

  private constructor(context: BrowserContext, page: Page, base: string) {
    this.context = context;
    this.page = page;
    this.base = base;
    page.on('pageerror', (error) => this.wrongs.push(`${page.url()}: ${error.message}`));
    page.on('console', (message) => {
      const isOwnStatus =
        /status of (?:404|422)/.test(message.text()) && message.location().url === page.url();
      if (message.type() === 'error' && !isOwnStatus) this.wrongs.push(`${page.url()}: ${message.text()}`);
    });
    page.on('dialog', (dialog) => {
      this.wrongs.push(`${page.url()}: a dialog`);
      void dialog.dismiss();
    });
  }

  /** @param key signs in with it; null: nobody is signed in */
  static async open(
    browser: Browser,
    base: string,
    {
      key = MASTER_KEY,
      javaScript = true,
      zone = 'UTC',
    }: { key?: string | null; javaScript?: boolean; zone?: string } = {},
  ): Promise<Window> {
    const context = await browser.newContext({
      javaScriptEnabled: javaScript,
      permissions: ['clipboard-read', 'clipboard-write', 'microphone'],
      reducedMotion: 'reduce',
      timezoneId: zone,
    });
    await context.addInitScript(TRAP);
    const window = new Window(context, await context.newPage(), base);
    if (key !== null) await window.signIn(key);
    return window;
  }

  /** One more window of the same visitor. */
  async another(): Promise<Window> {
    return new Window(this.context, await this.context.newPage(), this.base);
  }

  async signIn(key: string): Promise<void> {
    await this.page.goto(`${this.base}/ui/login`);
    await this.page.fill('#key', key);
    await Promise.all([
      this.page.waitForURL((url) => !url.pathname.endsWith('/login')),
      this.page.press('#key', 'Enter'),
    ]);
    for (const { name, value } of await this.context.cookies()) keepShownSecret(`cookie ${name}`, value);
  }

  /** The status of the page. */
  async go(path: string): Promise<number> {
    const answer = await this.page.goto(this.base + path, { waitUntil: 'load' });
    return answer?.status() ?? 0;
  }

  /** How much of the page has moved since it was opened: the cumulative layout shift. */
  shifted(): Promise<number> {
    return this.page.evaluate<number>('window.__shift');
  }

  async look(width: number, theme: 'light' | 'dark', height = 900): Promise<void> {
    await this.page.setViewportSize({ width, height });
    await this.page.emulateMedia({ colorScheme: theme });
  }

  /** How far the page is wider than its window, and what sticks out; empty where nothing does. */
  overflow(): Promise<string> {
    return this.page.evaluate<string>(OVERFLOW);
  }

  /** Waits until an expression holds in the page. Playwright's own wait evaluates text, which our policy forbids. */
  async holds(expression: string): Promise<void> {
    await until(expression, () => this.page.evaluate<boolean>(`Boolean(${expression})`), 15_000, 50);
  }

  /** What axe has against the page as it is, one line each. Long lists are short afterwards. */
  async flaws(what: keyof typeof JUDGED): Promise<string[]> {
    if (!(await this.page.evaluate<boolean>("'axe' in window"))) await this.page.evaluate(TRIM + AXE);
    return this.page.evaluate<string[]>(runAxe(what));
  }

  /** Scripts of others that ran, and breaches of the content security policy. */
  trapped(): Promise<{ readonly xss: number; readonly violations: readonly string[] }> {
    return this.page.evaluate('({ xss: window.__xss, violations: window.__violations })');
  }

  close(): Promise<void> {
    return this.context.close();
  }
}
