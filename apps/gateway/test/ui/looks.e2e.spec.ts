import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { launchBrowser } from '../harness/browser.ts';
import { suite, test } from '../harness/suite.ts';
import { addDemoData, DEMO_CONFIG, type Demo, pagesOf } from './demo-data.ts';
import { Window } from './window.ts';

const parts = suite(DEMO_CONFIG, { backends: ['openedai-speech', 'faster-whisper'] });
/** A telephone, a laptop, a large screen: the layout of the last is that of the second. */
const WIDEST = 2560;
const WIDTHS = [360, 1280, WIDEST];
const THEMES = ['light', 'dark'] as const;
const PATIENCE_MS = 120_000;
let browser: Browser;
let demo: Demo;
let admin: Window;

beforeAll(async () => {
  [browser, demo] = await Promise.all([launchBrowser(), addDemoData(parts.gateway, parts.database, 1_200)]);
  admin = await Window.open(browser, parts.gateway.url);
}, PATIENCE_MS);

afterAll(() => browser.close());

/** Accessible, nothing sticks out, nothing was refused or thrown; colours are judged where the layouts differ. */
async function judge(window: Window, path: string): Promise<string[]> {
  const found: string[] = [];
  for (const width of WIDTHS) {
    await window.look(width, 'light');
    const overflow = await window.overflow();
    if (overflow !== '') found.push(`${width}: wider than the window by ${overflow}`);
    if (width === WIDEST) continue;
    found.push(...(await window.flaws('structure')).map((flaw) => `${width}: ${flaw}`));
    for (const theme of THEMES) {
      await window.look(width, theme);
      found.push(...(await window.flaws('colours')).map((flaw) => `${width} ${theme}: ${flaw}`));
    }
  }
  const { xss, violations } = await window.trapped();
  if (xss > 0) found.push(`${path}: ${xss} foreign scripts ran`);
  return [...found, ...violations.map((one) => `CSP ${one}`), ...window.wrongs.splice(0)];
}

const NAMES = pagesOf({ key: '', keyHash: '', answered: '', failed: '' }).map(([name]) => name);

describe('in both themes, from a telephone to a large screen, nothing is against the page', () => {
  for (const [index, name] of NAMES.entries()) {
    test(
      name,
      async () => {
        const [, path = ''] = pagesOf(demo)[index] ?? [];
        const status = await admin.go(path);
        expect(status).toBe(name === 'missing' ? 404 : 200);
        expect(await judge(admin, path)).toEqual([]);
      },
      PATIENCE_MS,
    );
  }

  test('login', async () => {
    const stranger = await Window.open(browser, parts.gateway.url, { key: null });
    await stranger.go('/ui/login');
    expect(await judge(stranger, '/ui/login')).toEqual([]);
    await stranger.close();
  });
});
