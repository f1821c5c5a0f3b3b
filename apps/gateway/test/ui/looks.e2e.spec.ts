import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { launchBrowser } from '../harness/browser.ts';
import { suite, test } from '../harness/suite.ts';
import { addDemoData, DEMO_CONFIG, pagesOf } from './demo-data.ts';
import { Tabs } from './tabs.ts';
import { Window } from './window.ts';

const parts = suite(DEMO_CONFIG, {
  backends: ['openedai-speech', 'faster-whisper'],
  // A place to develop: every part of the pages is shown on a page of its own.
  env: { ALLOW_INSECURE_DEV: '1', STORE_MODEL_IN_DB: 'True' },
});
/** A telephone in the one theme, a laptop in the other; a large screen has the layout of the latter. */
const NARROW = 360;
const USUAL = 1280;
const WIDEST = 2560;
const PATIENCE_MS = 240_000;
let browser: Browser | undefined;
let tabs: Tabs;
let found: ReadonlyMap<string, string[]>;

const NAMES = pagesOf({ key: '', keyHash: '', answered: '', failed: '' }).map(([name]) => name);

/** How many places the tab key has to come by: a group of radio buttons is one. */
const PRESSABLE = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.type !== 'hidden'
    && one.type !== 'radio' && one.tabIndex >= 0).map((one, index) => (one.dataset.nth = index)).length`;
/** Which of them has the focus, and whether that can be seen. */
const FOCUSED = `(() => {
  const one = document.activeElement;
  const style = (each, part) => { const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each, part);
    return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none'; };
  const row = one.closest('tr, label, fieldset');
  return one.dataset.nth + (style(one) || (row && style(row)) ? '' : ' unseen');
})()`;

/** Accessible, nothing sticks out, nothing was refused or thrown. */
async function judge(window: Window, path: string): Promise<string[]> {
  const flaws: string[] = [];
  for (const width of [WIDEST, USUAL, NARROW]) {
    await window.look(width, 'light');
    const overflow = await window.overflow();
    if (overflow !== '') flaws.push(`${width}: wider than the window by ${overflow}`);
  }
  flaws.push(...(await window.flaws('all')).map((flaw) => `${NARROW} light: ${flaw}`));
  await window.look(USUAL, 'dark');
  flaws.push(...(await window.flaws('colours')).map((flaw) => `${USUAL} dark: ${flaw}`));
  const { xss, violations } = await window.trapped();
  if (xss > 0) flaws.push(`${path}: ${xss} foreign scripts ran`);
  return [...flaws, ...violations.map((one) => `CSP ${one}`), ...window.wrongs.splice(0)];
}

beforeAll(async () => {
  browser = await launchBrowser();
  const demo = await addDemoData(parts.gateway, parts.database, 1_200);
  tabs = await Tabs.open(browser, parts.gateway.url);
  const lists = await tabs.each(pagesOf(demo), async (window, [name, path]) => {
    let status = await window.go(path);
    if (status === 503) {
      // A busy machine: it is the looks that are judged here.
      window.wrongs.length = 0;
      status = await window.go(path);
    }
    const expected = name === 'missing' ? 404 : 200;
    const shift = await window.shifted();
    return [
      ...(status === expected ? [] : [`status ${status}`]),
      ...(shift > 0 ? [`moved by ${shift}`] : []),
      ...(await judge(window, path)),
    ];
  });
  found = new Map(NAMES.map((name, index) => [name, lists[index] ?? ['not looked at']]));
}, PATIENCE_MS);

afterAll(() => browser?.close());

function launched(): Browser {
  if (!browser) throw new Error('there is no browser');
  return browser;
}

describe('in both themes, from a telephone to a large screen, nothing is against the page', () => {
  for (const name of NAMES) {
    test(name, () => {
      expect(found.get(name)).toEqual([]);
    });
  }

  test('login', async () => {
    const stranger = await Window.open(launched(), parts.gateway.url, { key: null });
    await stranger.go('/ui/login');
    expect(await judge(stranger, '/ui/login')).toEqual([]);
    await stranger.close();
  });
});

test('times are those of the reader, with the exact one in their title', async () => {
  const reader = await Window.open(launched(), parts.gateway.url, { zone: 'Asia/Kolkata' });
  await reader.go('/ui/logs');
  const shown = await reader.page.evaluate<{ text: string; iso: string; title: string }>(
    `(({ textContent: text, dateTime: iso, title }) => ({ text, iso, title }))(document.querySelector('#calls tbody time'))`,
  );
  const clock = new Date(Date.parse(shown.iso) + 5.5 * 3_600_000).toISOString().slice(11, 19);
  expect(shown.text).toContain(clock);
  expect(shown.title).toBe(`${shown.iso.slice(0, 10)} ${shown.iso.slice(11, 23)} UTC`);
  await reader.close();
});

test('everything that can be pressed is reached with the keyboard, and shows that it is', async () => {
  const admin = await Window.open(launched(), parts.gateway.url);
  await admin.look(USUAL, 'light');
  for (const path of ['/ui', '/ui/keys', '/ui/keys/new', '/ui/playground', '/ui/settings']) {
    await admin.go(path);
    const wanted = await admin.page.evaluate<number>(PRESSABLE);
    const met = new Set<string>();
    for (let step = 0; step <= wanted + 5 && met.size < wanted; step += 1) {
      await admin.page.keyboard.press('Tab');
      met.add(await admin.page.evaluate<string>(FOCUSED));
    }
    expect({
      path,
      met: met.size >= wanted,
      unseen: [...met].filter((one) => one.endsWith('unseen')),
    }).toEqual({
      ...{ path, met: true, unseen: [] },
    });
  }
  await admin.close();
});

test(
  'in the browser alone: a key for LibreChat, its first call seen live, why a call failed, a model added, the key taken back',
  async () => {
    const admin = await Window.open(launched(), parts.gateway.url);
    const { page } = admin;
    const submit = (label: string): Promise<unknown> =>
      Promise.all([page.waitForLoadState('load'), page.click(`main button:has-text("${label}")`)]);

    await admin.go('/ui/keys/new');
    await page.fill('#alias', 'LibreChat at home');
    for (const model of ['gpt-4', 'vision']) await page.check(`input[name="models"][value="${model}"]`);
    await page.fill('#budget', '5');
    await page.selectOption('#period', '1mo');
    await submit('Create key');
    const key = (await page.textContent('#newkey')) ?? '';
    expect(key).toMatch(/^sk-/);
    expect((await parts.gateway.chat({ model: 'gemma' }, { key })).status).toBe(403);

    await admin.go('/ui/logs');
    await admin.holds(`document.querySelector('[data-live]')?.hidden === false`);
    const answered = await parts.gateway.chat({}, { key });
    expect(answered.status).toBe(200);
    const rows = `[...document.querySelectorAll('#calls tbody tr')].map((row) => row.textContent)`;
    await admin.holds(`${rows}.some((row) => row.includes('LibreChat at home') && row.includes('200'))`);

    const failed = await parts.gateway.chat({ model: 'vision' }, { key });
    await admin.holds(`${rows}.some((row) => row.includes('LibreChat at home') && row.includes('502'))`);
    await admin.go(`/ui/logs/${failed.headers['x-litellm-call-id'] ?? ''}`);
    expect(await page.textContent('main')).toMatch(
      /Why: the only deployment of vision; .*no fallback is configured/,
    );

    await admin.go('/ui/models/new');
    await page.fill('#model_name', 'second-vision');
    await page.fill('#model', 'openai/gemma3-27b');
    await page.fill('#api_base', `${parts.llamaSwap.url}/v1`);
    await submit('Add model');
    expect(await page.textContent('main')).toContain('second-vision');
    expect((await parts.gateway.chat({ model: 'second-vision' })).status).toBe(200);

    await admin.go('/ui/keys?q=LibreChat+at+home');
    await Promise.all([page.waitForURL(/keys\/[0-9a-f]{64}/), page.click('tbody a.rowlink')]);
    expect(await page.textContent('main')).toContain('of $5.00 a month');
    await Promise.all([page.waitForURL(/\/delete$/), page.click('main a.danger')]);
    await submit('Delete key');
    await page.waitForURL(/done=deleted/);
    expect((await parts.gateway.chat({}, { key })).status).toBe(401);
    await admin.close();
  },
  PATIENCE_MS,
);
