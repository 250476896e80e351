#!/usr/bin/env node
/**
 * Brings a fresh clone to where everything runs: npm packages, build, a Vulkan driver, and (optional) the OpenCV
 * binding. Every step looks first and says what it is about to do; a second run finds nothing to do.
 *
 *   node scripts/setup.mjs             everything
 *   node scripts/setup.mjs --camera    the camera part again, even if it failed before
 *   node scripts/setup.mjs --browser   also a browser, for the tests of HTML pages
 *   node scripts/setup.mjs --redis     also a Redis server, for the tests of studies on many machines
 *
 * FER_TUI_NO_INSTALL=1 keeps it from installing system packages.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BROWSERS,
  backportsSource,
  canInstall,
  distribution,
  installCommand,
  npmCommand,
  openCvFolders,
  REDIS_SERVERS,
  rootPrefix,
} from './platform.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const STAMP = join(ROOT, '.cache', 'setup.json');
const BINDING = 'node_modules/@u4/opencv4nodejs/build/Release/opencv4nodejs.node';
/** The ABI of Node.js (`process.versions.modules`) that the binding beside it was built for. */
const ABI = `${BINDING}.abi`;
const forceCamera = process.argv.includes('--camera');
const mayInstall = !process.env.FER_TUI_NO_INSTALL;
const say = (text) => process.stderr.write(`set-up: ${text}\n`);
process.chdir(ROOT);

const stamp = existsSync(STAMP) ? JSON.parse(readFileSync(STAMP, 'utf8')) : {};
const remember = (entries) => {
  Object.assign(stamp, entries);
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, `${JSON.stringify(stamp, null, 2)}\n`);
};

checkNode();
await packages();
await build();
await vulkan();
await camera();
if (process.argv.includes('--browser')) await browser();
if (process.argv.includes('--redis')) await redis();

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

async function vulkan() {
  if (stamp.adapter !== undefined && existsSync(stamp.loader ?? '')) return;
  let found = probe();
  if (found.adapter === undefined) {
    const distro = system();
    const nvidia = existsSync('/proc/driver/nvidia/version');
    const command = installCommand('vulkan', distro, nvidia);
    if (process.platform !== 'linux') fail(`no GPU adapter that Dawn accepts (${found.error})`, command);
    say(
      `no Vulkan driver that Dawn accepts (${found.error}); installing ${nvidia ? 'the Vulkan loader' : "Mesa's, which also runs on the CPU"}`,
    );
    if (distro === 'debian-12' && !nvidia) await enableBackports();
    if (!(await asRoot(command)))
      fail('the Vulkan driver could not be installed', `${command}   (as root), then "npm run setup"`);
    found = probe();
    if (found.adapter === undefined)
      fail(`still no usable GPU adapter: ${found.error}`, 'npx fer-tui doctor');
  }
  say(`GPU adapter: ${found.adapter}`);
  remember({ adapter: found.adapter, loader: findLoader() });
}

/** The OpenCV binding. Everything but the camera works without it, so nothing here ends the set-up. */
async function camera() {
  const version = JSON.parse(readFileSync('package.json', 'utf8')).optionalDependencies['@u4/opencv4nodejs'];
  // A binding is built for one ABI of Node.js: another major version of it gets its own.
  const key = `${version} ${process.platform} ${process.arch} node ${process.versions.modules}`;
  if (stamp.camera?.key === key && !forceCamera && (!stamp.camera.ok || existsSync(BINDING))) return;
  const giveUp = (why) => {
    say(`the camera will not work: ${why}. All else does. To try again: npm run setup:camera`);
    remember({ camera: { key, ok: false, why } });
  };
  const folder = 'node_modules/@u4/opencv4nodejs';
  if (!existsSync(folder)) return giveUp('npm did not install @u4/opencv4nodejs');
  if (findOpenCv() === undefined || !haveCompiler()) {
    const distro = system();
    const command = installCommand('opencv', distro);
    if (!canInstall(distro)) return giveUp(`OpenCV is missing; ${command}`);
    say('installing OpenCV for the camera (a few hundred MB; optional)');
    if (!(await asRoot(command))) return giveUp(`OpenCV is missing; run "${command}" as root`);
  }
  const { cacheFolder } = await import('../dist/util/cache_folder.js');
  const kept = join(cacheFolder(), `opencv4nodejs ${key}.node`);
  const built = (words) => {
    writeFileSync(ABI, process.versions.modules);
    say(words);
    remember({ camera: { key, ok: true } });
  };
  if (existsSync(kept)) {
    mkdirSync(dirname(BINDING), { recursive: true });
    copyFileSync(kept, BINDING);
    if (bindingLoads()) return built('OpenCV binding: reusing an earlier build from the cache folder');
  }
  say('building the OpenCV binding, once (about 3 minutes on two cores; optional)');
  const openCv = findOpenCv();
  // The package's own build command looks for its binding.gyp in the wrong folder; node-gyp itself does not.
  const ok = await run(
    [process.execPath, join(ROOT, 'node_modules/node-gyp/bin/node-gyp.js'), 'rebuild', '--jobs', 'max'],
    {
      cwd: folder,
      env: {
        OPENCV4NODEJS_DISABLE_AUTOBUILD: '1',
        OPENCV_INCLUDE_DIR: `${openCv?.include}/`,
        OPENCV_LIB_DIR: `${openCv?.lib}/`,
        OPENCV_BIN_DIR: '/usr/bin/',
        CXXFLAGS: '-O1', // after node-gyp's -O3: the binding only passes calls on, and builds in two thirds of the time
        ...nodeHeaders(),
      },
    },
  );
  if (!ok || !bindingLoads()) return giveUp('the OpenCV binding did not build');
  mkdirSync(dirname(kept), { recursive: true });
  copyFileSync(BINDING, kept);
  built('OpenCV binding built');
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

/** OpenCV's headers and libraries, where both are there. */
function findOpenCv() {
  const libraries = ['libopencv_core.so', 'libopencv_core.dylib'];
  return openCvFolders(process.platform).find(
    ({ include, lib }) =>
      existsSync(join(include, 'opencv2/core.hpp')) && libraries.some((name) => existsSync(join(lib, name))),
  );
}

/** Headers that lie beside this Node, so that node-gyp need not download them. */
function nodeHeaders() {
  const prefix = join(dirname(process.execPath), '..');
  return existsSync(join(prefix, 'include/node/node.h')) ? { npm_config_nodedir: prefix } : {};
}

function bindingLoads() {
  const code = "require('@u4/opencv4nodejs'); process.exit(0)";
  return (
    spawnSync(process.execPath, ['-e', code], {
      env: { ...process.env, OPENCV4NODEJS_DISABLE_AUTOBUILD: '1' },
    }).status === 0
  );
}

function haveCompiler() {
  return ['g++', 'make', 'python3'].every((tool) => spawnSync(tool, ['--version']).status === 0);
}

function probe() {
  const result = spawnSync(process.execPath, ['scripts/probe_adapter.mjs'], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  const line = result.stdout?.split('\n').find((text) => text.startsWith('{'));
  return line === undefined ? { error: 'the probe gave no answer' } : JSON.parse(line);
}

function findLoader() {
  const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];
  return (
    folders.map((folder) => join(folder, 'libvulkan.so.1')).find((path) => existsSync(path)) ??
    process.execPath
  );
}

function system() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return distribution(release, process.platform);
}

async function enableBackports() {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : []),
  ];
  const source = backportsSource(
    files
      .filter((file) => existsSync(file))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n'),
  );
  if (source === undefined) return;
  say("adding Debian's backports, because Debian 12's own Mesa is too old for Dawn");
  await asRoot(`sh -c 'echo "${source.trim()}" > ${folder}/fer-tui-backports.list'`, { update: false });
}

/** Runs an apt command as root, package lists refreshed first. False where that is not possible. */
async function asRoot(command, { update = true } = {}) {
  const hasSudo = spawnSync('sudo', ['--version']).status === 0;
  const prefix = rootPrefix({
    uid: process.getuid?.() ?? 1,
    hasSudo,
    sudoWithoutPassword: hasSudo && spawnSync('sudo', ['-n', 'true']).status === 0,
    tty: process.stdin.isTTY === true,
  });
  if (!mayInstall || prefix === undefined || !canInstall(system())) {
    say(`${mayInstall ? 'this needs root' : 'FER_TUI_NO_INSTALL is set'}; the command is: ${command}`);
    return false;
  }
  if (update && !(await run([...prefix, 'apt-get', 'update', '-q']))) return false;
  return run([...prefix, 'sh', '-c', command], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
}

/** Runs a command; shows every few seconds that it goes on; shows its output only if it fails. */
function run([program, ...args], { cwd = ROOT, env = {}, shell = false } = {}) {
  return new Promise((resolve) => {
    const begin = Date.now();
    const child = spawn(program, args, {
      cwd,
      shell,
      env: { ...process.env, ...env },
      stdio: [process.stdin.isTTY ? 'inherit' : 'ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (data) => {
      output = (output + data).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const beat = setInterval(() => {
      const last = output.trimEnd().split('\n').at(-1)?.slice(0, 70) ?? '';
      say(`  ... ${Math.round((Date.now() - begin) / 1000)} s  ${last}`);
    }, 15_000);
    const end = (ok) => {
      clearInterval(beat);
      if (!ok) process.stderr.write(`${output}\n`);
      resolve(ok);
    };
    child.on('error', () => end(false));
    child.on('close', (code) => end(code === 0));
  });
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

function fail(what, how) {
  say(`${what}\n        go on with: ${how}`);
  process.exit(1);
}
