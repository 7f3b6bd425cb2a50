import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import bundled from '@sparticuz/chromium';
import { chromium, type BrowserContextOptions, type Page } from 'playwright-core';

/** Root has no sandbox; the bundled set of flags would switch off the very checks that are looked at here. */
const FLAGS = ['--no-sandbox', '--disable-gpu'];

/** Where people have one installed. */
const INSTALLED = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/usr/bin/google-chrome',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

const isBundledFor = process.platform === 'linux' && process.arch === 'x64';
const installed = INSTALLED.find((file) => existsSync(file));

/** Why there is nothing to test with; `false` where there is. */
export const noBrowser: string | false =
  isBundledFor || installed !== undefined
    ? false
    : `there is no browser: the bundled Chromium is for Linux x64, and no Chrome is installed on this ${process.platform}`;

export interface Opened {
  readonly page: Page;
  /** What the browser complained of: errors in the console, violations of the content security policy, failed loads. */
  readonly complaints: string[];
}

export async function openBrowser(t: TestContext, options: BrowserContextOptions = {}): Promise<Opened> {
  const executablePath = isBundledFor ? await bundled.executablePath() : installed;
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: isBundledFor ? ['--headless=shell', ...FLAGS] : FLAGS,
  });
  t.after(() => browser.close());
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()} ${request.failure()?.errorText ?? ''}`));
  return { page, complaints };
}
