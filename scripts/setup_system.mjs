/** What every part of the set-up uses: messages, commands that take long, and packages of the system. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backportsSource, canInstall, distribution, installCommand, rootPrefix } from './platform.mjs';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** A clone, where npm packages are installed and the code is built. A published package has neither a lock file nor sources. */
export const IS_CLONE = existsSync(join(ROOT, 'package-lock.json'));
const STAMP = join(ROOT, '.cache', 'setup.json');
const AGAIN = IS_CLONE ? 'npm run setup' : 'fer-tui setup';
const mayInstall = !process.env.FER_TUI_NO_INSTALL;

/** What earlier set-ups of this clone found and did. An installed package may not be writable, and remembers nothing. */
export const stamp = existsSync(STAMP) ? JSON.parse(readFileSync(STAMP, 'utf8')) : {};

export function remember(entries) {
  Object.assign(stamp, entries);
  if (!IS_CLONE) return;
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, `${JSON.stringify(stamp, null, 2)}\n`);
}

export function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

export function fail(what, how) {
  say(`${what}\n        go on with: ${how}`);
  process.exit(1);
}

/** A Vulkan driver that Dawn accepts. Nothing works without one, so a failure ends the set-up. */
export async function graphics({ again = false } = {}) {
  if (!again && stamp.adapter !== undefined && existsSync(stamp.loader ?? '')) return;
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
      fail('the Vulkan driver could not be installed', `${command}   (as root), then "${AGAIN}"`);
    found = probe();
    if (found.adapter === undefined) fail(`still no usable GPU adapter: ${found.error}`, 'fer-tui doctor');
  }
  say(`GPU adapter: ${found.adapter}`);
  remember({ adapter: found.adapter, loader: findLoader() });
}

function probe() {
  const result = spawnSync(process.execPath, [join(ROOT, 'scripts/probe_adapter.mjs')], {
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

export function system() {
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
export async function asRoot(command, { update = true } = {}) {
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
export function run([program, ...args], { cwd = ROOT, env = {}, shell = false } = {}) {
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
