// Takes the pictures of the README from the running app, that for links, and the icon for phones: `npm run screenshots`.
// Chromium is named by CHROME_PATH.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const PORT = process.env.PORT ?? '3900';
const HOME = `http://localhost:${PORT}`;
const root = fileURLToPath(new URL('..', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'screenshots-'));

const app = spawn(process.execPath, ['dist/main.js'], {
  cwd: root,
  env: { PATH: process.env.PATH, PORT, DATA_DIR: dataDir, LOG_LEVEL: 'warn' },
  stdio: 'inherit',
});
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
});
try {
  await untilReady();
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    const page = await browser.newPage({
      colorScheme,
      locale: 'en-NZ',
      viewport: { width: 1040, height: 1460 },
    });
    await page.goto(HOME);
    await page.getByRole('link', { name: 'Connect Withings' }).click();
    await page.getByRole('button', { name: 'Maren Holt' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Connected', level: 1 }).waitFor();
    await advance(2 * 3600);
    await page.reload();
    await page
      .getByText(/^in 5\d min/)
      .first()
      .waitFor();
    await page.screenshot({ path: join(root, `docs/images/dashboard-${colorScheme}.png`) });
    await page.setViewportSize({ width: 1040, height: 1180 });
    await page.goto(`${HOME}/sandbox/`);
    await page.screenshot({ path: join(root, `docs/images/sandbox-${colorScheme}.png`) });
    await page.close();
  }
  await forLinks();
  await forPhones();
} finally {
  await browser.close();
  app.kill();
  rmSync(dataDir, { recursive: true, force: true });
}

/** What a messenger shows beside a link: the dashboard in light, on the green of the icon. */
async function forLinks() {
  const dashboard = readFileSync(join(root, 'docs/images/dashboard-light.png')).toString('base64');
  const page = await browser.newPage({ viewport: { width: 1200, height: 630 } });
  await page.setContent(`<style>
    body { margin: 0; height: 630px; overflow: hidden; background: #0a6e5c; font: 1.5rem system-ui, sans-serif; color: #fff; }
    div { position: absolute; inset: 0 auto 0 72px; width: 400px; display: grid; align-content: center; gap: 24px; }
    strong { font-size: 3.5rem; line-height: 1.1; letter-spacing: -0.02em; }
    img { position: absolute; left: 540px; top: 72px; width: 760px; border-radius: 18px; }
  </style>
  <div><strong>Withings Connect</strong> Your Withings data, connected and kept connected</div>
  <img src="data:image/png;base64,${dashboard}">`);
  await page.screenshot({ path: join(root, 'public/link.jpg'), type: 'jpeg', quality: 82 });
  await page.close();
}

/** For the first page of a phone, which rounds the corners itself. */
async function forPhones() {
  const icon = readFileSync(join(root, 'public/icon.svg'), 'utf8');
  const page = await browser.newPage({ viewport: { width: 180, height: 180 } });
  await page.setContent(`<style>
    body { margin: 0; background: #fbfaf8; }
    svg { position: absolute; inset: 26px; width: 128px; height: 128px; }
  </style>${icon}`);
  await page.screenshot({ path: join(root, 'public/icon-180.png') });
  await page.close();
}

/** @param {number} advanceSeconds */
function advance(advanceSeconds) {
  return fetch(`${HOME}/sandbox/control/clock`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ advanceSeconds }),
  });
}

async function untilReady() {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(`${HOME}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The app did not start.');
}
