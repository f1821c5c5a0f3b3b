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
    const status = await window.go(path);
    const expected = name === 'missing' ? 404 : 200;
    return [...(status === expected ? [] : [`status ${status}`]), ...(await judge(window, path))];
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
