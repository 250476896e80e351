import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { needFolder } from '../util/atomic_write.js';
import { cacheContents } from '../util/cache_contents.js';
import { cacheFolder } from '../util/cache_folder.js';
import { inMegabytes } from '../util/megabytes.js';
import { graphicsApi } from '../util/platform.js';
import { terminalSize } from '../util/terminal_size.js';
import { findCascade } from '../vision/detector.js';
import { bindingHomes } from '../vision/opencv.js';

/** One line of the doctor's report. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** The command, or the steps, that fix it. */
  readonly fix?: string;
  /** Whether most features work without it. */
  readonly optional?: boolean;
}

const ROOT = new URL('../../', import.meta.url);
const ICD_FOLDERS = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
const LOADER_FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];

interface SystemPackages {
  readonly vulkan: Readonly<Record<string, string>>;
}

/** How to get a usable GPU adapter on this system. The commands are the same as in scripts/setup.mjs. */
export function adapterFix(platform: NodeJS.Platform = process.platform): string {
  const packages = JSON.parse(
    readFileSync(new URL('scripts/system_packages.json', ROOT), 'utf8'),
  ) as SystemPackages;
  if (platform !== 'linux') return packages.vulkan[platform] ?? packages.vulkan['other'] ?? '';
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!/^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release)) return packages.vulkan['other'] ?? '';
  return 'fer-tui setup graphics';
}

/** Checks the system apart from the GPU: Node.js, Vulkan, OpenCV, the camera and the terminal. */
export async function systemChecks(platform: NodeJS.Platform = process.platform): Promise<Check[]> {
  return [
    nodeCheck(),
    ...driverChecks(platform),
    openCvCheck(),
    cascadeCheck(),
    cameraCheck(platform),
    terminalCheck(),
    cacheCheck(),
  ];
}

/** Checks the files of Vulkan on Linux. Other systems include their own graphics interface. */
export function driverChecks(platform: NodeJS.Platform): Check[] {
  if (graphicsApi(platform) === 'Vulkan') return [loaderCheck(), driverCheck()];
  return [{ name: 'graphics', ok: true, detail: `${graphicsApi(platform)}, part of the system` }];
}

function nodeCheck(): Check {
  return { name: 'Node.js', ok: true, detail: process.versions.node };
}

/** The size of the cache, and whether anything can be kept in it. */
export function cacheCheck(folder = cacheFolder()): Check {
  try {
    needFolder(folder);
  } catch {
    const detail = `${folder} cannot be written in: kernels are checked and compiled, and data sets read, anew each time`;
    return { name: 'cache', ok: false, optional: true, detail, fix: 'name another folder in XDG_CACHE_HOME' };
  }
  const bytes = cacheContents(folder).reduce((sum, own) => sum + own.bytes, 0);
  const detail = `${inMegabytes(bytes)} in ${folder} (fer-tui cache lists its contents)`;
  return { name: 'cache', ok: true, detail };
}

function loaderCheck(): Check {
  const path = LOADER_FOLDERS.map((folder) => `${folder}/libvulkan.so.1`).find((file) => existsSync(file));
  return {
    name: 'Vulkan loader',
    ok: path !== undefined,
    optional: true,
    detail: path ?? 'libvulkan.so.1 is not in the usual folders',
    fix: adapterFix(),
  };
}

function driverCheck(): Check {
  const named = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'];
  const files =
    named?.split(':') ??
    ICD_FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) => readdirSync(folder));
  return {
    name: 'Vulkan drivers',
    ok: files.length > 0,
    optional: true,
    detail: files.join(', ') || 'none installed',
    fix: adapterFix(),
  };
}

/** Loads the OpenCV binding in a child process, because it prints on stdout while loading, and a bad build may crash. */
function openCvCheck(): Check {
  const code =
    "const cv = require('@u4/opencv4nodejs'); process.stderr.write('OpenCV ' + cv.version.major + '.' + cv.version.minor); process.exit(0)";
  const results = bindingHomes()
    .filter((cwd) => existsSync(cwd))
    .map((cwd) =>
      spawnSync(process.execPath, ['-e', code], {
        ...{ cwd, encoding: 'utf8', timeout: 20_000 },
        env: { ...process.env, OPENCV4NODEJS_DISABLE_AUTOBUILD: '1' },
      }),
    );
  const result = results.find(({ status }) => status === 0);
  const ok = result !== undefined;
  const detail = ok
    ? (/OpenCV \d+\.\d+/.exec(result.stderr)?.[0] ?? 'loads')
    : 'the binding does not load; the camera will not work';
  return { name: 'OpenCV', ok, optional: true, detail, fix: 'fer-tui setup camera' };
}

function cascadeCheck(): Check {
  const path = findCascade();
  return {
    name: 'face cascade',
    ok: path !== undefined,
    optional: true,
    detail: path ?? "OpenCV's haarcascade_frontalface_default.xml not found",
    fix: 'fer-tui setup camera',
  };
}

export function cameraCheck(platform: NodeJS.Platform): Check {
  if (platform !== 'linux') {
    const detail = 'to test it: fer-tui webcam --source 0';
    return { name: 'camera', ok: true, optional: true, detail };
  }
  const devices = existsSync('/dev')
    ? readdirSync('/dev')
        .filter((name) => /^video\d+$/.test(name))
        .map((name) => `/dev/${name}`)
    : [];
  const readable = devices.filter((path) => {
    try {
      accessSync(path, constants.R_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (devices.length === 0)
    return { name: 'camera', ok: false, optional: true, detail: 'no /dev/video*', fix: 'plug one in' };
  return {
    name: 'camera',
    ok: readable.length > 0,
    optional: true,
    detail: readable.length > 0 ? readable.join(', ') : `${devices.join(', ')} cannot be read`,
    fix: 'sudo usermod -aG video "$USER", then log in again',
  };
}

function terminalCheck(): Check {
  const { stdout, env } = process;
  const { cols, rows } = terminalSize(stdout);
  const size = stdout.isTTY
    ? `${cols} x ${rows}${stdout.columns === 0 ? ' (assumed: the terminal reports no size)' : ''}, ${2 ** stdout.getColorDepth()} colours`
    : 'not a terminal (plain output)';
  const unicode = /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
  const noColor = env['NO_COLOR'] ? ', NO_COLOR set' : '';
  return {
    name: 'terminal',
    ok: true,
    detail: `${size}, ${unicode ? 'UTF-8' : 'no UTF-8 locale'}${noColor}`,
  };
}
