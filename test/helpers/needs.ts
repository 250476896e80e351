import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { browserPath } from './browser.js';
import { REDIS_SERVER } from './redis_server.js';

/** The folder that holds the optional test data, beside the project: data sets that are not ours to ship. */
const SHARED = new URL('../../../shared/', import.meta.url);
/** What `npm run bench:peers` installs. */
export const PEERS = new URL('../../bench/.peers/', import.meta.url);

const there = (name: string, folder: URL): boolean => existsSync(fileURLToPath(new URL(name, folder)));
const pathIn = (name: string): string => fileURLToPath(new URL(name, SHARED));

/** FER-2013 as Kaggle ships it, and as a folder tree. */
export const FER2013 = pathIn('fer2013/fer2013.csv.gz');
export const FER2013_TREE = pathIn('fer2013/folders');
/** Photographs of faces, 224 x 224. */
export const FACES = pathIn('faces224');

declare module 'vitest' {
  interface TaskMeta {
    /** Why a test is skipped; `SkipReasons` prints it and refuses a skip without one. */
    skipped?: string;
  }
}

/** Options for `it` and `describe`: none where a requirement is met, otherwise a skip with its reason. */
export interface Need {
  readonly skip?: true;
  readonly meta?: { readonly skipped: string };
}

/** A requirement that is met or not; `otherwise` says what is missing, and in brackets how to get it. */
export const need = (met: boolean, otherwise: string): Need =>
  met ? {} : { skip: true, meta: { skipped: otherwise } };

/** The first of several requirements that is not met. */
export const all = (...list: readonly Need[]): Need => list.find(({ skip }) => skip) ?? {};

/** `npm run test:full`. It requires the other programs, so that no full run passes without them. */
export const FULL = Boolean(process.env['FER_TEST_FULL']);

/** A Python that has these modules: that of FER_KERAS_PYTHON, or `python3`. The full tests look for it. */
const pythonWith = (...modules: readonly string[]): string | undefined =>
  FULL
    ? [process.env['FER_KERAS_PYTHON'] ?? 'python3'].find((python) => {
        const script = `import importlib.util as u\nfor m in '${modules.join(' ')}'.split(): u.find_spec(m).name`;
        return spawnSync(python, ['-c', script]).status === 0;
      })
    : undefined;

export const KERAS_PYTHON = pythonWith('keras');
export const TF2ONNX_PYTHON = pythonWith('keras', 'tf2onnx');
export const ONNX_PYTHON = pythonWith('onnx', 'onnxruntime');
export const TORCH_PYTHON = pythonWith('onnxruntime', 'onnxscript', 'torch');

/** Whether the set-up built the camera's binding, for the ABI of this Node.js. */
function bindingFits(): boolean {
  const binding = new URL(
    '../../node_modules/@u4/opencv4nodejs/build/Release/opencv4nodejs.node',
    import.meta.url,
  );
  const abi = new URL(`${binding.href}.abi`);
  return existsSync(binding) && (!existsSync(abi) || readFileSync(abi, 'utf8') === process.versions.modules);
}

/**
 * What some tests need and a machine may lack. The only way to skip a test:
 *
 *     it('reads it back', needs.onnxRuntime, async () => { ... });
 *     it.each(videos)('%s', all(needs.openCv, needs.realFaces), async (video) => { ... });
 */
export const needs = {
  linux: need(process.platform === 'linux', 'only on Linux'),
  flock: need(spawnSync('flock', ['--version']).status === 0, 'no flock(1) (util-linux)'),
  full: need(FULL, 'takes minutes (npm run test:full)'),
  onnxRuntime: need(
    FULL || there('node_modules/onnxruntime-node', PEERS),
    'ONNX Runtime is not installed (npm run bench:peers)',
  ),
  tensorflowJs: need(
    FULL || there('node_modules/@tensorflow/tfjs', PEERS),
    'TensorFlow.js is not installed (npm run bench:peers)',
  ),
  keras: need(
    KERAS_PYTHON !== undefined,
    'no Python with Keras (pip install keras tensorflow-cpu, and FER_KERAS_PYTHON=PATH/bin/python)',
  ),
  tf2onnx: need(
    TF2ONNX_PYTHON !== undefined,
    'no Python with Keras and tf2onnx (pip install keras tensorflow-cpu tf2onnx, and FER_KERAS_PYTHON=PATH/bin/python)',
  ),
  onnx: need(
    ONNX_PYTHON !== undefined,
    'no Python with ONNX (pip install onnx onnxruntime, and FER_KERAS_PYTHON=PATH/bin/python)',
  ),
  torch: need(
    TORCH_PYTHON !== undefined,
    'no Python with PyTorch (pip install torch onnxscript onnxruntime, and FER_KERAS_PYTHON=PATH/bin/python)',
  ),
  sharp: need(
    there('../../node_modules/sharp', new URL('.', import.meta.url)),
    'the optional package sharp is not installed (npm install)',
  ),
  openCv: need(bindingFits(), 'the OpenCV binding is not built for this Node.js (npm run setup:camera)'),
  browser: need(browserPath() !== undefined, 'no Chromium (npm run setup -- --browser, or CHROME_PATH)'),
  redis: need(REDIS_SERVER !== undefined, 'no redis-server or valkey-server (npm run setup -- --redis)'),
  realFaces: need(existsSync(FACES), 'no photographs of faces in ../shared/faces224'),
  fer2013: need(existsSync(FER2013), 'no FER-2013 at ../shared/fer2013/fer2013.csv.gz'),
  fer2013Tree: need(existsSync(FER2013_TREE), 'no FER-2013 folders in ../shared/fer2013/folders'),
} as const;
