import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openGpu } from '../../src/gpu/device.js';
import { Learner } from '../../src/nn/learner.js';
import { buildModel } from '../../src/nn/models.js';
import { saveModel } from '../../src/train/model_file.js';
import { CLASS_NAMES } from '../../src/util/classes.js';

const HERE = dirname(fileURLToPath(import.meta.url));
export const temporary = (): string => mkdtempSync(join(tmpdir(), 'fer-tui-vision-'));

/** Composes videos with known truth; see compose.mjs. In a process of its own: the binding prints on stdout. */
export function composeVideos(folder: string, names: readonly string[]): void {
  execFileSync(process.execPath, [join(HERE, 'compose.mjs'), folder, ...names], { stdio: 'ignore' });
}

/** A weight file of an untrained network: enough to see numbers go through. */
export async function untrainedWeights(folder: string): Promise<string> {
  const gpu = await openGpu();
  try {
    const network = buildModel('fer-shallow');
    const learner = new Learner(gpu, network, { seed: 3 });
    const path = join(folder, 'untrained.safetensors');
    const weights = await learner.readWeights();
    saveModel(path, { network, classes: CLASS_NAMES, preprocess: { name: 'scale255' }, weights, notes: {} });
    return path;
  } finally {
    gpu.close();
  }
}

/** The lines of a `--json` run; each must be JSON. */
export function parsed<T = Record<string, unknown>>(stdout: string): T[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

/** A line of `webcam --json` about a frame. */
export interface FrameLine {
  readonly type: 'frame';
  readonly frame: number;
  readonly t: number;
  readonly found: boolean;
  readonly faces: readonly {
    readonly track: number;
    readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
    readonly label: string;
    readonly probabilities: Readonly<Record<string, number>>;
  }[];
}

/** Those of all frames. */
export const framesOf = (stdout: string): FrameLine[] =>
  parsed<FrameLine>(stdout).filter(({ type }) => type === 'frame');

/** One gray pixel. */
export const EMPTY_PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
);
