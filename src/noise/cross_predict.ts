import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { foldsOf } from '../data/folds.js';
import { pickRows } from '../data/rows.js';
import type { Dataset } from '../data/types.js';
import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { resolveConfig, type TrainConfig } from '../train/config.js';
import type { Control } from '../train/control.js';
import { predictSplit } from '../train/evaluation.js';
import type { TrainEvent } from '../train/events.js';
import { findRun, type RunReport } from '../train/runs.js';
import { resumeTraining, runTraining } from '../train/session.js';
import { openModel } from '../train/weights.js';
import { SharedPlace } from '../train/workplace.js';
import { RunError } from '../util/errors.js';
import { readRows, writeProbabilities } from './probabilities_file.js';

/** How out-of-fold probabilities are made. */
export interface CrossPredictOptions {
  /** Settings of the trainings, by option name of `fer-tui train`, with `data`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Folds; 2 or more. */
  readonly folds: number;
  /** A folder with one run for each fold: `fold-1`, ... What it has already is not trained again. */
  readonly folder: string;
  readonly control: Control;
  /** Hears how far all folds together are, in parts of the whole. */
  readonly onProgress?: (what: string, done: number, total: number) => void;
}

/**
 * Predicts each training image by a network that was not trained on it: trains one network for each fold, on the other folds.
 * @returns [N, classes]; undefined when the control stopped it: the folder then has what is done, and the next call goes on
 * Throws RunError when the folder has runs with other settings, and like `runTraining`.
 */
export async function crossPredict(
  dataset: Dataset,
  options: CrossPredictOptions,
): Promise<Float32Array | undefined> {
  const { settings, folds, folder, control } = options;
  const classes = dataset.classes.length;
  const total = dataset.splits.train.labels.length;
  const probabilities = new Float32Array(total * classes);
  const place = new SharedPlace();
  try {
    for (let number = 1; number <= folds; number++) {
      const out = join(folder, `fold-${number}`);
      const config = resolveConfig({ ...settings, fold: `${number}/${folds}`, out });
      const file = join(out, 'probabilities.csv');
      if (!existsSync(file)) {
        await trainFold(config, { ...options, number, place });
        if (control.stopped !== undefined) return undefined;
        await predictFold(config, dataset, file);
      }
      readRows(file, total, dataset.classes, (row, values) => probabilities.set(values, row * classes));
    }
  } finally {
    place.close();
  }
  const rows = Array.from({ length: total }, (_, row) => row);
  writeProbabilities(join(folder, 'probabilities.csv'), rows, probabilities, dataset.classes);
  return probabilities;
}

/** Trains the network of one fold, or what is missing of it. */
async function trainFold(
  config: TrainConfig,
  options: CrossPredictOptions & { readonly number: number; readonly place: SharedPlace },
): Promise<void> {
  const { number, folds, control, place, onProgress } = options;
  const path = config.out as string;
  let perEpoch = Number.POSITIVE_INFINITY;
  const hooks = {
    ...{ control, place },
    emit: (event: TrainEvent): void => {
      if (event.type === 'start') perEpoch = event.stepsPerEpoch;
      if (event.type !== 'step' || onProgress === undefined) return;
      const part = Math.min(1, event.step / perEpoch / config.epochs);
      onProgress(`training ${folds} networks`, number - 1 + part, folds);
    },
  };
  if (!existsSync(join(path, 'events.ndjson'))) {
    await runTraining(config, hooks);
    return;
  }
  const run = findRun(path);
  requireSame(run, config);
  if (run.status !== 'finished' && run.status !== 'early-stop') await resumeTraining(path, hooks);
}

/** Throws RunError when a run has other settings. */
function requireSame({ path, config: found }: RunReport, config: TrainConfig): void {
  for (const name of ['data', 'fold', 'foldSeed', 'model', 'epochs', 'seed'] as const) {
    if (found[name] === config[name]) continue;
    throw new RunError(
      `${path}: a run with ${name} = ${String(found[name])}; expected ${String(config[name])}: give the same settings, or another --out`,
    );
  }
}

/** Predicts the held-out images of a fold by the best weights of its run. */
async function predictFold(config: TrainConfig, dataset: Dataset, file: string): Promise<void> {
  const { train } = dataset.splits;
  const [number = 0, of = 0] = (config.fold ?? '').split('/').map(Number);
  const folds = foldsOf(train, dataset.classes.length, of, config.foldSeed);
  const rows = Array.from(folds.keys()).filter((row) => folds[row] === number);
  const saved = await openModel(join(config.out as string, 'best.safetensors'));
  const gpu = await openGpu({ adapter: config.adapter });
  try {
    const learner = new Learner(gpu, saved.network);
    learner.writeWeights(saved.weights);
    const held = await predictSplit(learner, pickRows(train, rows), saved.preprocess);
    writeProbabilities(file, rows, held, dataset.classes);
  } finally {
    gpu.close();
  }
}
