/**
 * Pure decisions of the set-up: which distribution this is and which commands give it what is missing.
 * Uses nothing but Node itself: it runs before `npm ci`.
 */
import { readFileSync } from 'node:fs';

/** Commands by need and distribution; `fer-tui doctor` reads the same file. */
const PACKAGES = JSON.parse(readFileSync(new URL('./system_packages.json', import.meta.url), 'utf8'));

/**
 * @param {string} text contents of /etc/os-release
 * @returns {'debian-12' | 'debian' | 'other'} `debian` stands for all newer Debians and Ubuntus
 */
export function distribution(text) {
  const field = (/** @type {string} */ name) =>
    new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  const family = `${field('ID')} ${field('ID_LIKE')}`;
  if (!/\b(debian|ubuntu)\b/.test(family)) return 'other';
  return field('ID') === 'debian' && field('VERSION_ID') === '12' ? 'debian-12' : 'debian';
}

/**
 * @param {'vulkan' | 'opencv'} need
 * @param {ReturnType<typeof distribution>} distro
 * @param {boolean} nvidia whether the machine has an NVIDIA driver, which brings its own Vulkan driver
 * @returns {string} a command without sudo, or advice in words where `automatic` is false
 */
export function installCommand(need, distro, nvidia = false) {
  const table = PACKAGES[need];
  if (distro === 'other') return table.other;
  if (need === 'vulkan' && nvidia) return table.nvidia;
  return table[distro] ?? table.debian;
}

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
