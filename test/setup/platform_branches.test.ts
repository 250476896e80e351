import { expect, it } from 'vitest';
import {
  canInstall,
  distribution,
  installCommand,
  npmCommand,
  openCvFolders,
} from '../../scripts/platform.mjs';
import { adapterFix, cameraCheck, driverChecks } from '../../src/cli/doctor_system.js';
import { cacheFolder } from '../../src/util/cache_folder.js';
import { canSuspend, canSyncFolders, graphicsApi } from '../../src/util/platform.js';
import { cameraApis, cameraRefused } from '../../src/vision/camera_problem.js';

/** Branches for systems that the tests do not run on. */

it('the graphics interface is that of the system', () => {
  const systems = ['linux', 'darwin', 'win32', 'freebsd'] as const;
  expect(systems.map((system) => graphicsApi(system))).toEqual(['Vulkan', 'Metal', 'Direct3D 12', 'Vulkan']);
});

it('Windows neither suspends programs nor opens folders', () => {
  expect((['linux', 'darwin', 'win32'] as const).map((system) => canSuspend(system))).toEqual([
    true,
    true,
    false,
  ]);
  expect((['linux', 'darwin', 'win32'] as const).map((system) => canSyncFolders(system))).toEqual([
    true,
    true,
    false,
  ]);
});

it.each([
  ['linux', {}, '/home/me/.cache/fer-tui'],
  ['darwin', {}, '/home/me/Library/Caches/fer-tui'],
  ['win32', { LOCALAPPDATA: '/local' }, '/local/fer-tui'],
  ['win32', {}, '/home/me/AppData/Local/fer-tui'],
  ['darwin', { XDG_CACHE_HOME: '/elsewhere' }, '/elsewhere/fer-tui'],
  ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/me/.cache/fer-tui'],
] as const)('the cache folder of %s with %o is %s', (system, env, path) => {
  expect(cacheFolder(env, system, '/home/me').replaceAll('\\', '/')).toBe(path);
});

it('the set-up installs packages on Debian and Ubuntu alone, and says elsewhere what to do', () => {
  expect(distribution('', 'darwin')).toBe('darwin');
  expect(distribution('ID=debian\n', 'win32')).toBe('win32');
  expect((['debian', 'debian-12', 'other', 'darwin', 'win32'] as const).map(canInstall)).toEqual([
    ...[true, true],
    ...[false, false, false],
  ]);
  expect(installCommand('vulkan', 'darwin')).toContain('Metal');
  expect(installCommand('vulkan', 'win32', true)).toContain('Direct3D 12');
  expect(installCommand('opencv', 'darwin')).toContain('brew install opencv');
  expect(installCommand('opencv', 'win32')).toContain('--source demo');
});

it('npm is run by its own script where that is known, on Windows otherwise through a shell', () => {
  const here = { execPath: '/node', npmScript: undefined, platform: 'linux' } as const;
  expect(npmCommand(here)).toEqual({ words: ['npm'], shell: false });
  expect(npmCommand({ ...here, platform: 'win32' })).toEqual({ words: ['npm'], shell: true });
  const script = { words: ['/node', '/npm-cli.js'], shell: false };
  expect(npmCommand({ ...here, platform: 'win32', npmScript: '/npm-cli.js' })).toEqual(script);
  // Another package manager started the script.
  expect(npmCommand({ ...here, npmScript: '/bin/pnpm' })).toEqual({ words: ['npm'], shell: false });
});

it('OpenCV is looked for where Homebrew and Debian put it', () => {
  expect(openCvFolders('darwin')[0]).toEqual({
    include: '/opt/homebrew/opt/opencv/include/opencv4',
    lib: '/opt/homebrew/opt/opencv/lib',
  });
  expect(openCvFolders('linux').map(({ include }) => include)).toContain('/usr/include/opencv4');
  expect(openCvFolders('win32')).toEqual([]);
});

it('the doctor looks for Vulkan and for /dev/video* on Linux alone', () => {
  expect(driverChecks('linux').map(({ name }) => name)).toEqual(['Vulkan loader', 'Vulkan drivers']);
  expect(driverChecks('darwin')).toEqual([
    { name: 'graphics', ok: true, detail: 'Metal, part of the system' },
  ]);
  expect(adapterFix('win32')).toContain('Direct3D 12');
  expect(cameraCheck('darwin').detail).toContain('--source 0');
});

it('cameras are opened by V4L2, AVFoundation or DirectShow, and a refusal speaks of the own system', () => {
  const systems = ['linux', 'darwin', 'win32', 'freebsd'] as const;
  expect(systems.map((system) => cameraApis(system))).toEqual([[200], [1200, 0], [700, 0], [0]]);
  expect(cameraRefused(0, '/dev/video0', 'linux')).toMatch(/^camera 0: \/dev\/video0 sends .+ --source 1$/);
  expect(cameraRefused(1, '/dev/video1', 'darwin')).toMatch(/System Settings, .+ --source 2$/);
  expect(cameraRefused(1, '/dev/video1', 'win32')).toContain('Settings, Privacy & security, Camera');
  for (const system of ['darwin', 'win32'] as const)
    expect(cameraRefused(1, '/dev/video1', system)).not.toContain('/dev/');
});
