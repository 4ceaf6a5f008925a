/** The browser that tests and benchmarks drive: an installed Chrome, Chromium or Edge. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const candidates = [
  process.env['DRYDOCK_BROWSER'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/microsoft-edge',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** The browser's path, or undefined when none is installed. */
export function findBrowser(): string | undefined {
  return candidates.find((path) => path && existsSync(path));
}

/** Installs Debian's chromium where that can be done without asking; throws one line that says what to install otherwise. */
export function installBrowser(): void {
  const debian = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (debian) {
    console.error('Installing chromium for the browser tests (once) …');
    spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'ignore'] });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', 'chromium'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (findBrowser()) return;
  }
  throw new Error('The browser tests need Chrome, Chromium or Edge: install one, or name it in DRYDOCK_BROWSER.');
}
