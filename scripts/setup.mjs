#!/usr/bin/env node
/**
 * Brings a fresh clone to where everything runs: npm packages, build, a Vulkan driver, and (optional) the OpenCV
 * binding. Every step looks first and says what it is about to do; a second run finds nothing to do. In an installed package,
 * `fer-tui setup` runs it for the driver and the binding.
 *
 *   node scripts/setup.mjs             everything
 *   node scripts/setup.mjs --graphics  only the Vulkan driver, even if it was found before
 *   node scripts/setup.mjs --camera    also the camera part again, if it failed before
 *   node scripts/setup.mjs --browser   also a browser, for the tests of HTML pages
 *   node scripts/setup.mjs --redis     also a Redis server, for the tests of studies on many machines
 *
 * FER_TUI_NO_INSTALL=1 keeps it from installing system packages.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BROWSERS, canInstall, installCommand, npmCommand, REDIS_SERVERS } from './platform.mjs';
import { camera } from './setup_camera.mjs';
import {
  asRoot,
  fail,
  graphics,
  IS_CLONE,
  ROOT,
  remember,
  run,
  say,
  stamp,
  system,
} from './setup_system.mjs';

const wants = (part) => process.argv.includes(`--${part}`);

checkNode();
if (IS_CLONE) {
  process.chdir(ROOT);
  await packages();
  await build();
}
await graphics({ again: wants('graphics') });
// Nobody who asked for the camera alone should have to look for the reason why it does not work.
if (!wants('graphics') && !(await camera({ again: wants('camera') })) && wants('camera'))
  process.exitCode = 7;
if (wants('browser')) await browser();
if (wants('redis')) await redis();

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Node.js ${process.versions.node} is too old; 20.19 or newer is needed`,
    'install it from https://nodejs.org',
  );
}

async function packages() {
  const lock = hash([readFileSync('package-lock.json')]);
  if (existsSync('node_modules/.package-lock.json') && stamp.packages === lock) return;
  say('installing npm packages (npm ci)');
  // No package of ours needs its install script: Dawn's binary is inside the webgpu package.
  const { words, shell } = npmCommand({
    ...{ execPath: process.execPath, npmScript: process.env.npm_execpath, platform: process.platform },
  });
  if (!(await run([...words, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { shell }))) {
    fail('npm ci failed', 'look at its messages above, then run "npm run setup" again');
  }
  remember({ packages: lock, camera: undefined });
}

async function build() {
  const files = [...tree('src'), 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  const inputs = hash(files.map((file) => `${file} ${statSync(file).size} ${statSync(file).mtimeMs}`));
  if (stamp.build === inputs && existsSync('dist/cli/main.js')) return;
  say('building (tsc)');
  if (!(await run([process.execPath, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']))) {
    fail('the build failed', 'look at the messages above, then run "npm run build"');
  }
  remember({ build: inputs });
}

/** A browser for the tests of HTML pages. */
async function browser() {
  const programs = [process.env.CHROME_PATH ?? '', ...BROWSERS].filter((name) => name !== '');
  await forTests(programs, { part: 'browser', what: 'Chromium', tests: 'HTML pages' });
}

/** A server for the tests of studies on many machines. They start it themselves; the install command keeps Debian from it. */
async function redis() {
  await forTests(REDIS_SERVERS, { part: 'redis', what: 'a Redis server', tests: 'studies on many machines' });
}

/** Installs a program that only tests need. Without it they are skipped, so nothing here ends the set-up. */
async function forTests(programs, { part, what, tests }) {
  if (programs.some((name) => spawnSync(name, ['--version']).status === 0)) return;
  const command = installCommand(part, system());
  if (!canInstall(system())) return say(`${what} is missing, for the tests of ${tests}: ${command}`);
  say(`installing ${what} for the tests of ${tests} (optional)`);
  if (!(await asRoot(command)))
    say(`${what} is missing, for the tests of ${tests}; run "${command}" as root`);
}

function tree(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function hash(parts) {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest('hex').slice(0, 16);
}
