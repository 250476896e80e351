/**
 * Pure decisions of the set-up: which distribution this is and which commands give it what is missing.
 * Uses nothing but Node itself: it runs before `npm ci`.
 */
import { readFileSync } from 'node:fs';

/** Commands by need and distribution; `fer-tui doctor` reads the same file. */
const PACKAGES = JSON.parse(readFileSync(new URL('./system_packages.json', import.meta.url), 'utf8'));

/**
 * @param {string} text contents of /etc/os-release; empty where there is none
 * @param {NodeJS.Platform} [platform]
 * @returns {'debian-12' | 'debian' | 'other' | 'darwin' | 'win32'} `debian` stands for all newer Debians and Ubuntus
 */
export function distribution(text, platform = 'linux') {
  if (platform === 'darwin' || platform === 'win32') return platform;
  const field = (/** @type {string} */ name) =>
    new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  const family = `${field('ID')} ${field('ID_LIKE')}`;
  if (!/\b(debian|ubuntu)\b/.test(family)) return 'other';
  return field('ID') === 'debian' && field('VERSION_ID') === '12' ? 'debian-12' : 'debian';
}

/**
 * @param {'vulkan' | 'opencv' | 'browser' | 'redis'} need
 * @param {ReturnType<typeof distribution>} distro
 * @param {boolean} nvidia whether the machine has an NVIDIA driver, which brings its own Vulkan driver
 * @returns {string} a command without sudo, or advice in words where `automatic` is false
 */
export function installCommand(need, distro, nvidia = false) {
  const table = PACKAGES[need];
  if (!canInstall(distro)) return table[distro];
  if (need === 'vulkan' && nvidia) return table.nvidia;
  return table[distro] ?? table.debian;
}

/** Whether the set-up knows how to install packages here: with apt, on Debian and Ubuntu. */
export const canInstall = (/** @type {ReturnType<typeof distribution>} */ distro) =>
  distro.startsWith('debian');

/**
 * How to run npm. On Windows npm is a batch file, which Node.js starts through a shell alone; its script runs anywhere.
 * @param {{ execPath: string, npmScript: string | undefined, platform: NodeJS.Platform }} here `npmScript`: npm's own
 *   path as it hands it to scripts, `npm_execpath`
 * @returns {{ words: string[], shell: boolean }}
 */
export function npmCommand({ execPath, npmScript, platform }) {
  if (npmScript !== undefined && /\.c?js$/.test(npmScript))
    return { words: [execPath, npmScript], shell: false };
  return { words: ['npm'], shell: platform === 'win32' };
}

/**
 * Where OpenCV 4 with its headers may be installed: the include folder and the folder of its libraries.
 * @param {NodeJS.Platform} platform
 * @returns {{ include: string, lib: string }[]}
 */
export function openCvFolders(platform) {
  if (platform === 'darwin') {
    return ['/opt/homebrew/opt/opencv', '/usr/local/opt/opencv'].map((folder) => ({
      include: `${folder}/include/opencv4`,
      lib: `${folder}/lib`,
    }));
  }
  if (platform !== 'linux') return [];
  return ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib'].map((lib) => ({
    include: '/usr/include/opencv4',
    lib,
  }));
}

/** Names of browsers that can open pages without a window, as they lie in the search path. */
export const BROWSERS = ['chromium', 'chromium-headless-shell', 'google-chrome'];

/** Names of servers that can hold the queue of a study, as they lie in the search path. */
export const REDIS_SERVERS = ['redis-server', 'valkey-server'];

/**
 * The apt source that adds Debian 12's backports, from the same mirror that the machine already uses.
 * @param {string} sources all apt source files, joined
 * @returns {string | undefined} one line for a .list file; undefined when backports are there or no mirror is found
 */
export function backportsSource(sources) {
  if (/bookworm-backports/.test(sources)) return undefined;
  const mirror = /(https?:\/\/[^\s]+\/debian)\/?\s/.exec(sources)?.[1];
  return mirror === undefined ? undefined : `deb ${mirror} bookworm-backports main\n`;
}

/**
 * How to run a command as root.
 * @param {{ uid: number, hasSudo: boolean, sudoWithoutPassword: boolean, tty: boolean }} who
 * @returns {string[] | undefined} words to put before the command; undefined when there is no way
 */
export function rootPrefix(who) {
  if (who.uid === 0) return [];
  if (!who.hasSudo) return undefined;
  if (who.sudoWithoutPassword) return ['sudo', '-n'];
  return who.tty ? ['sudo'] : undefined;
}
