import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { type Browser, type Page } from 'playwright-core';
import { MASTER_KEY } from '../harness.ts';
import { launchBrowser } from '../harness/browser.ts';
import { suite, test } from '../harness/suite.ts';
import { addDemoData, DEMO_CONFIG, type Demo, pagesOf } from './demo-data.ts';
import { Visitor } from './browsing.ts';
import { Window } from './window.ts';

const parts = suite(DEMO_CONFIG, { backends: ['openedai-speech', 'faster-whisper', 'searxng'] });
const PATIENCE_MS = 90_000;
let browser: Browser;
let demo: Demo;
let admin: Window;
let page: Page;

beforeAll(async () => {
  [browser, demo] = await Promise.all([launchBrowser(), addDemoData(parts.gateway, parts.database, 600)]);
  admin = await Window.open(browser, parts.gateway.url);
  page = admin.page;
}, PATIENCE_MS);

afterAll(() => browser.close());

describe('the playground', () => {
  test('streams the answers of two models side by side, and shows the curl of what was sent', async () => {
    await admin.go('/ui/playground?model=gpt-4');
    await page.click('[data-more]');
    await page.fill('#msg', "It's <b>here</b>");
    await page.press('#msg', 'Control+Enter');
    await admin.holds(`document.querySelectorAll('[data-took]:not([hidden])').length === 2`);
    const answers = await page.locator('.talk .msg:last-child .words').allTextContents();
    expect(answers).toHaveLength(2);
    for (const answer of answers) expect(answer).toContain('<b>here</b>');
    const curl = (await page.textContent('[data-sent] code')) ?? '';
    expect(curl).toContain(`"content":"It'\\''s <b>here</b>"`);
    expect(curl).toContain('$API_KEY');
    expect(await page.content()).not.toContain(MASTER_KEY);
  });

  test('searches the web where it is asked to', async () => {
    const engine = parts.sandbox.backend('searxng');
    await engine.reset();
    await admin.go('/ui/playground?model=gpt-4');
    await page.check('#ws');
    await page.fill('#msg', 'What is new?');
    await page.click('button.primary');
    await page.waitForSelector('[data-took]:not([hidden])');
    expect(await page.textContent('[data-sent] code')).toContain('"name":"searxng-search"');
    expect(await page.textContent('.msg:last-child .words')).not.toBe('');
  });

  test('speaks, and plays what was spoken', async () => {
    await admin.go('/ui/playground/speech');
    await page.fill('#input', 'Good morning.');
    await page.click('button.primary');
    await page.waitForSelector('[data-result]:not([hidden])');
    await admin.holds(`document.querySelector('audio').duration > 0.2`);
  });

  test('writes down what was recorded, and what was uploaded', async () => {
    await admin.go('/ui/playground/transcription');
    await page.click('[data-record]');
    await page.waitForTimeout(600);
    await page.click('[data-record]');
    await page.waitForSelector('audio:not([hidden])');
    await page.click('button.primary');
    await page.waitForSelector('[data-result]:not([hidden])');
    expect(await page.textContent('[data-text]')).toContain('seconds');
    await page.setInputFiles('#file', {
      name: 'x.wav',
      mimeType: 'audio/wav',
      buffer: Buffer.from('no sound'),
    });
    await page.click('button.primary');
    await admin.holds(`document.querySelector('[data-took]').textContent.startsWith('x.wav, written')`);
  });
});

test('a form with a file needs the token of its session, which no backend is told', async () => {
  const whisper = parts.sandbox.backend('faster-whisper');
  const visitor = await Visitor.signedIn(parts.gateway);
  const other = await Visitor.signedIn(parts.gateway);
  await whisper.reset();
  const path = '/ui/playground/transcription';
  for (const csrf of ['', 'x', other.csrf]) {
    expect((await visitor.postFile(path, { csrf, model: 'whisper-1' })).status).toBe(403);
  }
  expect(await whisper.truth()).toEqual([]);
  const { status } = await visitor.postFile(path, { model: 'whisper-1', language: '' });
  expect(status).toBe(200);
  const { body } = await whisper.lastRequest();
  expect(body).toContain('no sound');
  expect(body).not.toMatch(/csrf|language/);
  expect(body).not.toContain(visitor.csrf);
});

test('a call that is made while the logs are open appears without a reload', async () => {
  await admin.go('/ui/logs?model=gemma3-27b');
  await admin.holds(`document.querySelector('[data-live]').textContent === 'Live'`);
  const newest = (): Promise<string | null> => page.getAttribute('#calls tbody tr a', 'href');
  const before = await newest();
  await parts.gateway.chat({ model: 'gemma' });
  await admin.holds(
    `document.querySelector('#calls tbody tr a').getAttribute('href') !== ${JSON.stringify(before)}`,
  );
  expect(await newest()).not.toBe(before);
});

/** A text becomes a file, the file becomes a text, and what goes wrong stands on the page. */
async function speaksAndListens(plain: Window): Promise<void> {
  await plain.go('/ui/playground/speech');
  await plain.page.fill('#input', 'Good morning.');
  await plain.page.selectOption('#format', 'wav');
  const [download] = await Promise.all([
    plain.page.waitForEvent('download'),
    plain.page.click('button.primary'),
  ]);
  expect(download.suggestedFilename()).toBe('speech.wav');
  const file = await download.path();
  expect(readFileSync(file).subarray(0, 4).toString()).toBe('RIFF');
  await plain.go('/ui/playground/transcription');
  await plain.page.setInputFiles('#file', {
    name: 'x.wav',
    mimeType: 'audio/wav',
    buffer: readFileSync(file),
  });
  await plain.page.click('button.primary');
  expect(await plain.page.textContent('[data-text]')).toContain('seconds');
  await plain.go('/ui/playground/speech');
  await plain.page.fill('#input', 'Good <b>morning</b>.');
  await plain.page.fill('#speed', '99');
  await plain.page.click('button.primary');
  expect(await plain.page.textContent('[data-problem]')).toContain('speed');
  expect(await plain.page.inputValue('#input')).toBe('Good <b>morning</b>.');
}

test(
  'without a script every page says what it has to say, and forms work',
  async () => {
    const plain = await Window.open(browser, parts.gateway.url, { javaScript: false });
    for (const [name, path] of pagesOf(demo)) {
      await plain.go(path);
      expect({ name, heading: await plain.page.locator('h1').count() }).toEqual({ name, heading: 1 });
      expect(await plain.page.locator('[data-copy]:visible, [data-live]:visible').count()).toBe(0);
    }
    await plain.go('/ui/playground?model=gpt-4&model=gemma');
    await plain.page.fill('#msg', 'Hello');
    await plain.page.click('button.primary');
    expect(await plain.page.locator('.talk .msg').count()).toBe(4);
    await speaksAndListens(plain);
    await plain.go('/ui/usage');
    await plain.page.selectOption('select[name=by]', 'end_user');
    await plain.page.click('.filters button');
    expect(plain.page.url()).toContain('by=end_user');
    await plain.go('/ui/logs');
    await plain.page.fill('input[name=model]', 'no-such-model');
    await plain.page.click('.filters button');
    expect(await plain.page.textContent('.empty h2')).toBe('No call matches');
    await plain.close();
  },
  PATIENCE_MS,
);
