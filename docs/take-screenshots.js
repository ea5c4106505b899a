// Takes the pictures of the README from the running app: `npm run screenshots`. Chromium is named by CHROME_PATH.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
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
} finally {
  await browser.close();
  app.kill();
  rmSync(dataDir, { recursive: true, force: true });
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
