/** `npm run screenshots [-- overview logs]`: a picture of every page with demo data, in both themes and three widths. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { configText, ROOT, startGateway, startPostgres, startSandbox } from '../harness.ts';
import { launchBrowser } from '../harness/browser.ts';
import { addDemoData, DEMO_CONFIG, pagesOf } from './demo-data.ts';
import { Window } from './window.ts';

const FOLDER = join(ROOT, 'data/screenshots');
const WIDTHS = [360, 1280, 2560];
/** A model is not there at once: what waits for it is part of the pictures. */
const LOAD_MS = 1_500;
const BACKENDS = ['openedai-speech', 'faster-whisper', 'searxng'] as const;

const wanted = process.argv.slice(2);
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);

async function shoot(window: Window, name: string): Promise<void> {
  for (const width of WIDTHS) {
    for (const theme of ['light', 'dark'] as const) {
      await window.look(width, theme);
      await window.page.screenshot({ path: join(FOLDER, `${name}-${width}-${theme}.png`), fullPage: true });
    }
  }
  process.stdout.write(`${name}\n`);
}

mkdirSync(FOLDER, { recursive: true });
const [sandbox, postgres, browser] = await Promise.all([
  startSandbox({ backends: BACKENDS }),
  startPostgres(),
  launchBrowser(),
]);
const databaseUrl = await postgres.database('screenshots');
const gateway = await startGateway({
  config: configText(DEMO_CONFIG),
  databaseUrl,
  llamaSwapUrl: sandbox.llamaSwap.url,
  env: { ...sandbox.environment, STORE_MODEL_IN_DB: 'True', ALLOW_INSECURE_DEV: '1' },
});
try {
  const query = (sql: string, values: unknown[] = []): Promise<unknown> =>
    postgres.query(sql, values, 'screenshots');
  await sandbox.llamaSwap.settings({ loadMs: LOAD_MS });
  const demo = await addDemoData(gateway, { url: databaseUrl, query });
  const stranger = await Window.open(browser, gateway.url, { key: null });
  if (isWanted('login')) {
    await stranger.go('/ui/login');
    await shoot(stranger, 'login');
  }
  const admin = await Window.open(browser, gateway.url);
  for (const [name, path] of pagesOf(demo)) {
    if (!isWanted(name)) continue;
    await admin.go(path);
    await shoot(admin, name);
  }
  if (isWanted('key-created')) {
    await admin.go('/ui/keys/new?preset=librechat');
    await admin.page.fill('#alias', 'LibreChat at home');
    await Promise.all([
      admin.page.waitForLoadState('load'),
      admin.page.click('button:has-text("Create key")'),
    ]);
    await shoot(admin, 'key-created');
  }
} finally {
  await browser.close();
  await gateway.end();
  await sandbox.stop();
  await postgres.stop();
}
process.stdout.write(`The pictures are in ${FOLDER}\n`);
