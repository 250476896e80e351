import { loadDataset } from '../data/load.js';
import type { Preprocess } from '../data/preprocess.js';
import { limitSplit } from '../data/rows.js';
import type { Labels, LoadOptions, SplitName } from '../data/types.js';
import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { DataError } from '../util/errors.js';
import { mapLabels } from './class_mapping.js';
import { type Ensemble, inOrder } from './ensemble.js';
import { predictVersions } from './evaluation.js';
import { fittedTo } from './fitting.js';
import { meanOf, type Tta } from './tta.js';

/** On what votes are collected. */
export interface VoteOptions {
  /** Path of the data set, or `synthetic:COUNT`. */
  readonly data: string;
  /** Which part of it. */
  readonly split: SplitName;
  /** Images at most. */
  readonly limit?: number | undefined;
  /** Part of the name of the adapter. */
  readonly adapter?: string | undefined;
  /** Default none. */
  readonly tta?: Tta;
  /** Whether each version that `tta` makes of an image is a vote of its own; default: a member's vote is their mean. */
  readonly versionsApart?: boolean;
  /** How the data set is loaded. */
  readonly load?: LoadOptions;
  /** Leave out images of classes that the model does not know; default: they are an error. */
  readonly skipUnknown?: boolean;
  /** Hears what is being done, and how far it is. */
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

/** What each member of an ensemble says about each image of a split. */
export interface Votes {
  /** What to call the data in messages. */
  readonly data: string;
  /** [N] in the ensemble's order of classes. */
  readonly labels: Labels;
  /** For each member, or each version of its images, its probabilities [N, classes], in the ensemble's order of classes. */
  readonly votes: readonly Float32Array[];
  /** Images a second, through all members. */
  readonly imgPerS: number;
  /** Name of the adapter. */
  readonly adapter: string;
}

/** Lets each member classify a split. Classes are matched by name. Throws RunError, DataError, NoGpuError. */
export async function collectVotes(ensemble: Ensemble, options: VoteOptions): Promise<Votes> {
  const { onProgress, tta = 'none' } = options;
  const dataset = await loadDataset(options.data, options.load);
  const split = mapLabels(limitSplit(dataset.splits[options.split], options.limit ?? Infinity), {
    from: dataset.classes,
    to: ensemble.classes,
    skipUnknown: options.skipUnknown ?? false,
    onNote: options.load?.onNote,
  });
  if (split.labels.length === 0) {
    const filled = Object.entries(dataset.splits).filter(([, { labels }]) => labels.length > 0);
    throw new DataError(
      `${options.data} has no ${options.split} images; it has ${filled.map(([name]) => name).join(', ')}: use --split`,
    );
  }
  const preprocess = ensemble.members.map(({ saved, path }) => fittedTo(saved, path, dataset.splits.train));
  const gpu = await openGpu({ adapter: options.adapter });
  try {
    const begin = performance.now();
    const votes: Float32Array[] = [];
    for (const [m, { saved, path, outputs }] of ensemble.members.entries()) {
      const learner = new Learner(gpu, saved.network);
      learner.writeWeights(saved.weights);
      const tell = (done: number, total: number): void =>
        onProgress?.(`classifying with ${path}`, done, total);
      const versions = await predictVersions(learner, split, preprocess[m] as Preprocess, tta, tell);
      const kept = options.versionsApart ? versions : [meanOf(versions)];
      votes.push(...kept.map((probabilities) => inOrder(probabilities, outputs)));
      await learner.dispose();
    }
    const imgPerS = split.labels.length / ((performance.now() - begin) / 1000);
    return { data: dataset.name, labels: split.labels, votes, imgPerS, adapter: gpu.info.name };
  } finally {
    gpu.close();
  }
}
