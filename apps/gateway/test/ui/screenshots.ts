/** `npm run screenshots [-- overview logs]`: a picture of every page with demo data, in both themes, narrow and wide. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { configText, ROOT, startGateway, startPostgres, startSandbox } from '../harness.ts';
import { launchBrowser } from '../harness/browser.ts';
import { addDemoData, DEMO_CONFIG, pagesOf } from './demo-data.ts';
import { Window } from './window.ts';

const FOLDER = join(ROOT, 'data/screenshots');
const WIDTHS = [390, 1440];
const BACKENDS = ['openedai-speech', 'faster-whisper', 'searxng'] as const;

const wanted = process.argv.slice(2);
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
  const demo = await addDemoData(gateway, { url: databaseUrl, query });
  const admin = await Window.open(browser, gateway.url);
  for (const [name, path] of pagesOf(demo)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await admin.go(path);
    for (const width of WIDTHS) {
      for (const theme of ['light', 'dark'] as const) {
        await admin.look(width, theme);
        await admin.page.screenshot({ path: join(FOLDER, `${name}-${width}-${theme}.png`), fullPage: true });
      }
    }
    process.stdout.write(`${name}\n`);
  }
} finally {
  await browser.close();
  await gateway.stop();
  gateway.forget();
  await sandbox.stop();
  await postgres.stop();
}
process.stdout.write(`The pictures are in ${FOLDER}\n`);
