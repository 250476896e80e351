import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { syntheticFaces } from '../data/synthetic.js';
import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { RunError } from '../util/errors.js';
import { predictSplit } from './evaluation.js';
import type { ClassMetrics, ProbabilityMetrics } from './metrics.js';
import { listRuns } from './runs.js';
import { openModel } from './weights.js';

/**
 * The networks that come with fer-tui: `models/NAME.h5`, trained by `npm run reproduce -- NAME`, and beside each
 * `NAME.json`, all that was measured of it, from which the model card `models/README.md` is written.
 */
export const MODELS = fileURLToPath(new URL('../../models/', import.meta.url));

/** What is used where no weights are named: the best of the shipped networks that a camera can wait for. */
const DEFAULT = 'fer-vgg';
/** How many runs an error lists. */
const LISTED = 4;

/** How a network does on a split. */
export interface CardEvaluation extends ProbabilityMetrics {
  readonly count: number;
  readonly macroF1: number;
  readonly perClass: readonly ClassMetrics[];
}

/** One part of a recipe, as it was trained. */
export interface TrainedPart {
  /** The settings, as a run's config.json has them. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The commit whose kernels trained it. */
  readonly commit: string;
  readonly adapter: string;
  readonly cpu: string;
  /** Of all epochs together. */
  readonly seconds: number;
  readonly images: number;
  readonly bestEpoch: number;
  readonly history: readonly {
    readonly epoch: number;
    readonly loss: number;
    readonly acc: number;
    readonly valLoss: number;
    readonly valAcc: number;
    readonly lr: number;
  }[];
}

/** What is known of a shipped network. Nothing of it is typed in: `scripts/reproduce.mjs` writes it. */
export interface ModelCard {
  readonly name: string;
  readonly parameters: number;
  /** Bytes of the `.h5`. */
  readonly bytes: number;
  /** The parts of its recipe in order; each begins with the best weights of the one before. */
  readonly parts: readonly TrainedPart[];
  /** On the validation split, by test-time augmentation. */
  readonly validation: { readonly none: CardEvaluation; readonly flip: CardEvaluation };
  /** Its probabilities for `drawnFaces()`, by which anybody can tell that file and kernels are as they were. */
  readonly drawn: readonly (readonly number[])[];
}

/** Names of the shipped networks. */
export function shippedModels(): string[] {
  if (!existsSync(MODELS)) return [];
  return readdirSync(MODELS)
    .filter((name) => name.endsWith('.h5'))
    .map((name) => basename(name, '.h5'));
}

/** Throws RunError when there is no such network. */
export function readCard(name: string): ModelCard {
  try {
    return JSON.parse(readFileSync(join(MODELS, `${name}.json`), 'utf8')) as ModelCard;
  } catch (cause) {
    throw new RunError(`no card of "${name}"; fer-tui comes with ${shippedModels().join(', ')}`, { cause });
  }
}

/**
 * The weight file that is meant: a path, the name of a shipped network, or, when nothing is said, the default of the
 * shipped networks. Throws RunError when none is shipped, and lists what was trained here.
 */
export function weightsPath(given: string | undefined): string {
  const shipped = shippedModels();
  const name = given ?? (shipped.includes(DEFAULT) ? DEFAULT : shipped[0]);
  if (name === undefined) {
    throw new RunError(`no weights are named, and none are shipped; ${trainedHere()}`);
  }
  return shipped.includes(name) && !existsSync(name) ? join(MODELS, `${name}.h5`) : name;
}

/** Which weights could be named instead. */
function trainedHere(): string {
  const runs = listRuns()
    .map((run) => ({ ...run, file: join(run.path, 'best.safetensors') }))
    .filter(({ file }) => existsSync(file))
    .slice(0, LISTED)
    .map(({ file, model, best }) => {
      const accuracy = best === null ? '' : `, ${(100 * best.acc).toFixed(1)} %`;
      return `--weights ${file} (${model}${accuracy})`;
    });
  return runs.length > 0
    ? `trained here: ${runs.join(', ')}`
    : 'nothing was trained here yet: fer-tui train --data FER-2013';
}

/** Class probabilities of a weight file for a few drawn faces, five of each class. Throws RunError, NoGpuError. */
export async function drawnProbabilities(path: string): Promise<number[][]> {
  const saved = await openModel(path);
  const { splits } = syntheticFaces(1, 35);
  const gpu = await openGpu();
  try {
    const learner = new Learner(gpu, saved.network);
    learner.writeWeights(saved.weights);
    const all = await predictSplit(learner, splits.train, saved.preprocess);
    const classes = saved.classes.length;
    return Array.from({ length: all.length / classes }, (_, i) => [
      ...all.subarray(i * classes, (i + 1) * classes),
    ]);
  } finally {
    gpu.close();
  }
}
