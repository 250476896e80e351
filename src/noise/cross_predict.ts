import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { foldsOf } from '../data/folds.js';
import { asInSource } from '../data/hold_out.js';
import { pickRows } from '../data/rows.js';
import type { Dataset } from '../data/types.js';
import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { resolveConfig, type TrainConfig } from '../train/config.js';
import type { Control } from '../train/control.js';
import { predictSplit } from '../train/evaluation.js';
import type { TrainEvent } from '../train/events.js';
import { findRun } from '../train/runs.js';
import { resumeTraining, runTraining } from '../train/session.js';
import { openModel } from '../train/weights.js';
import { SharedPlace } from '../train/workplace.js';
import { UsageError } from '../util/errors.js';
import { readRows, writeProbabilities } from './probabilities_file.js';
import { claimFolder, provenanceOf } from './provenance.js';

/** How out-of-fold probabilities are made. */
export interface CrossPredictOptions {
  /** Settings of the trainings, by option name of `fer-tui train`, with `data`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Folds; 2 or more. */
  readonly folds: number;
  /** A folder with one run for each fold: `fold-1`, ... What it has already of the same data and settings is not made again. */
  readonly folder: string;
  readonly control: Control;
  /** Hears how far all folds together are, in parts of the whole. */
  readonly onProgress?: (what: string, done: number, total: number) => void;
}

/**
 * Predicts each training image by a network that was not trained on it: trains one network for each fold, on the other folds.
 * @returns [N, classes]; undefined when the control stopped it: the folder then has what is done, and the next call goes on
 * Throws RunError when the folder has results of other data or settings, UsageError for a setting that changes which images or labels
 * there are, and like `runTraining`.
 */
export async function crossPredict(
  dataset: Dataset,
  options: CrossPredictOptions,
): Promise<Float32Array | undefined> {
  const { settings, folds, folder, control } = options;
  const configOf = (number: number): TrainConfig =>
    resolveConfig({ ...settings, fold: `${number}/${folds}`, out: join(folder, `fold-${number}`) });
  requirePlainData(configOf(1));
  claimFolder(folder, provenanceOf(dataset, configOf(1), folds));
  const classes = dataset.classes.length;
  const whole = asInSource(dataset); // folds divide all training images
  const total = whole.splits.train.labels.length;
  const all = new Float32Array(total * classes);
  const place = new SharedPlace();
  try {
    for (let number = 1; number <= folds; number++) {
      const config = configOf(number);
      const out = config.out as string;
      const file = join(out, 'probabilities.csv');
      if (!existsSync(file)) {
        await trainFold(config, { ...options, number, place });
        if (control.stopped !== undefined) return undefined;
        await predictFold(config, whole, file);
      }
      readRows(file, total, dataset.classes, (row, values) => all.set(values, row * classes));
    }
  } finally {
    place.close();
  }
  const kept = dataset.heldOut?.train ?? Array.from({ length: total }, (_, row) => row);
  const probabilities = new Float32Array(kept.length * classes);
  kept.forEach((row, i) => {
    probabilities.set(all.subarray(row * classes, (row + 1) * classes), i * classes);
  });
  const rows = kept.map((_, i) => i);
  writeProbabilities(join(folder, 'probabilities.csv'), rows, probabilities, dataset.classes);
  return probabilities;
}

/** Throws UsageError for a setting that changes which images and labels there are: the folds would be others. */
function requirePlainData({ labels, ferplus, dropDuplicates }: TrainConfig): void {
  const own = { labels, ferplus, 'drop-duplicates': dropDuplicates || undefined };
  const [name] = Object.entries(own).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw new UsageError(
    `${name}: wrong labels are looked for in the data as it is; leave this setting out of --config`,
  );
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
  const { status } = findRun(path);
  if (status !== 'finished' && status !== 'early-stop') await resumeTraining(path, hooks);
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
