/** The camera part of the set-up: OpenCV, and its binding for this version of Node.js. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canInstall, installCommand, npmCommand, openCvFolders } from './platform.mjs';
import { asRoot, IS_CLONE, ROOT, remember, run, say, stamp, system } from './setup_system.mjs';

const PACKAGE = '@u4/opencv4nodejs';
/** The binding, inside of the folder that PACKAGE is installed in. */
const BINDING = `node_modules/${PACKAGE}/build/Release/opencv4nodejs.node`;

/**
 * Builds the OpenCV binding. Everything but the camera works without it, so nothing here ends the set-up.
 * @param {{ again?: boolean }} [options] `again`: try once more although it failed before
 * @returns {Promise<boolean>} whether the camera will work
 */
export async function camera({ again = false } = {}) {
  const version = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).optionalDependencies[PACKAGE];
  const { cacheFolder } = await import('../dist/util/cache_folder.js');
  const { cameraFolder } = await import('../dist/vision/opencv.js');
  // In a clone the binding lies with the other packages; an installed package may belong to another user.
  const home = IS_CLONE ? ROOT : cameraFolder();
  const binding = join(home, BINDING);
  // A binding is built for one ABI of Node.js: another major version of it gets its own.
  const key = `${version} ${process.platform} ${process.arch} node ${process.versions.modules}`;
  if (stamp.camera?.key === key && !again && (!stamp.camera.ok || existsSync(binding)))
    return stamp.camera.ok;
  if (!IS_CLONE && bindingLoads(home)) {
    say('OpenCV binding: it is there already');
    return true;
  }
  const giveUp = (why) => {
    say(`the camera will not work: ${why}. All else does. To try again: fer-tui setup camera`);
    remember({ camera: { key, ok: false, why } });
    return false;
  };
  if (!IS_CLONE && !(await installPackage(home, version))) return giveUp('npm could not install its package');
  const folder = join(home, 'node_modules', PACKAGE);
  if (!existsSync(folder)) return giveUp(`npm did not install ${PACKAGE}`);
  if (findOpenCv() === undefined || !haveCompiler()) {
    const distro = system();
    const command = installCommand('opencv', distro);
    if (!canInstall(distro)) return giveUp(`OpenCV is missing; ${command}`);
    say('installing OpenCV for the camera (a few hundred MB; optional)');
    if (!(await asRoot(command))) return giveUp(`OpenCV is missing; run "${command}" as root`);
  }
  const kept = join(cacheFolder(), `opencv4nodejs ${key}.node`);
  const built = (words) => {
    // The version of Node.js that the binding fits, for whoever wants to know without loading it.
    writeFileSync(`${binding}.abi`, process.versions.modules);
    say(words);
    remember({ camera: { key, ok: true } });
    return true;
  };
  if (existsSync(kept)) {
    mkdirSync(dirname(binding), { recursive: true });
    copyFileSync(kept, binding);
    if (bindingLoads(home)) return built('OpenCV binding: reusing an earlier build from the cache folder');
  }
  say('building the OpenCV binding, once (about 3 minutes on two cores; optional)');
  const openCv = findOpenCv();
  // The package's own build command looks for its binding.gyp in the wrong folder; node-gyp itself does not.
  const ok = await run(
    [process.execPath, join(home, 'node_modules/node-gyp/bin/node-gyp.js'), 'rebuild', '--jobs', 'max'],
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
  if (!ok || !bindingLoads(home)) return giveUp('the OpenCV binding did not build');
  mkdirSync(dirname(kept), { recursive: true });
  copyFileSync(binding, kept);
  return built('OpenCV binding built');
}

/** Installs the binding's package, not built, into a folder of the user. */
async function installPackage(folder, version) {
  say(`installing ${PACKAGE} into ${folder}`);
  mkdirSync(folder, { recursive: true });
  const { words, shell } = npmCommand({
    ...{ execPath: process.execPath, npmScript: process.env.npm_execpath, platform: process.platform },
  });
  const how = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];
  return run([...words, 'install', ...how, `${PACKAGE}@${version}`], { shell });
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

function bindingLoads(home) {
  return (
    spawnSync(process.execPath, ['-e', `require('${PACKAGE}'); process.exit(0)`], {
      cwd: home,
      env: { ...process.env, OPENCV4NODEJS_DISABLE_AUTOBUILD: '1' },
    }).status === 0
  );
}

function haveCompiler() {
  return ['g++', 'make', 'python3'].every((tool) => spawnSync(tool, ['--version']).status === 0);
}
