import { loadDataset } from '../data/load.js';
import { isFitted, PREPROCESS, type PreprocessName } from '../data/preprocess.js';
import { limitSplit } from '../data/rows.js';
import type { Split } from '../data/types.js';
import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import { sameClasses } from '../util/classes.js';
import { DataError, RunError } from '../util/errors.js';
import { normalBelow } from '../util/normal.js';
import { mapLabels } from './class_mapping.js';
import { bestAssignment, type ClassOrder, knownOrders, MOST_ORDERED, orderOf } from './class_orders.js';
import { predictSplit } from './evaluation.js';
import { fittedTo } from './fitting.js';
import type { SavedModel } from './model_file.js';
import type { VoteOptions } from './votes.js';
import { type ForeignModel, openModel } from './weights.js';

/** Images that are tried, unless more are asked for. */
export const SAMPLE = 1000;

/** What a file is tried with, and on which images. */
export interface TryOptions extends Omit<VoteOptions, 'tta' | 'skipUnknown'> {
  /** Path of a model file. */
  readonly weights: string;
  /** What is known of it: a preprocessing or classes that are given here are not varied. */
  readonly foreign?: ForeignModel;
}

/** One way to read a model: how pixels become its input, and which class each output is. */
export interface InputTrial {
  readonly preprocess: PreprocessName;
  readonly order: ClassOrder;
  /** Share of the images that are right, in [0, 1]. */
  readonly accuracy: number;
  /** Mean cross-entropy. */
  readonly loss: number;
}

/** All ways to read a model, and how sure it is that the best one is right. */
export interface InputTrials {
  /** The most accurate first; of equal ones, that with the lower loss. */
  readonly trials: readonly [InputTrial, ...InputTrial[]];
  /** Images that were tried. */
  readonly count: number;
  /** Share of the most frequent class among them: what is right by always answering it. */
  readonly guess: number;
  /**
   * Probability of a difference as large as that between the best and the next by chance, if both were equally good
   * (McNemar's test); 1 where the best is not better than guessing.
   */
  readonly pValue: number;
  /** Preprocessings that were not tried, because the data have no training images to compute them from. */
  readonly untried: readonly PreprocessName[];
}

interface Tried extends InputTrial {
  /** For each image whether it is right. */
  readonly right: Uint8Array;
}

/**
 * Tries every preprocessing and order of the classes on some images. Throws RunError, DataError, NoGpuError.
 *
 * The order in which most images are right is among those that are tried, so the accuracy of a wrong one is a little better than
 * chance. An order that is known (`knownOrders`) is preferred where it is as accurate.
 */
export async function tryInputs(options: TryOptions): Promise<InputTrials> {
  const { weights: path, foreign = {}, onProgress } = options;
  const dataset = await loadDataset(options.data, options.load);
  const all = dataset.splits[options.split];
  if (all.labels.length === 0) {
    throw new DataError(`${options.data} has no ${options.split} images; take another --split`);
  }
  const opened = await openModel(path, { ...foreign, preprocess: foreign.preprocess ?? 'none' });
  const { varied, orders } = ordersOf(opened, dataset.classes, foreign, path);
  const limited = limitSplit(all, options.limit ?? SAMPLE);
  const split = mapLabels(limited, { from: dataset.classes, to: orders[0].classes, skipUnknown: false });
  const names = foreign.preprocess === undefined ? PREPROCESS : [foreign.preprocess];
  const { train } = dataset.splits;
  const untried = names.filter((name) => isFitted(name) && train.labels.length === 0);
  const tried: Tried[] = [];
  const gpu = await openGpu({ adapter: options.adapter });
  try {
    const learner = new Learner(gpu, opened.network);
    learner.writeWeights(opened.weights);
    for (const name of names.filter((one) => !untried.includes(one))) {
      const preprocess = fittedTo({ ...opened, preprocess: { name } }, path, train);
      const probabilities = await predictSplit(learner, split, preprocess, 'none', (done, total) =>
        onProgress?.(`trying --preprocess ${name}`, done, total),
      );
      const found = varied ? [...orders, bestOrder(probabilities, split, orders)] : orders;
      for (const order of distinct(found))
        tried.push(trialOf(name, order, probabilities, split, orders[0].classes));
    }
    await learner.dispose();
  } finally {
    gpu.close();
  }
  return { ...ranked(tried, split), count: split.labels.length, untried };
}

/** The orders to try, of which the first is that of the labels. */
function ordersOf(
  opened: SavedModel,
  dataClasses: readonly string[],
  { classes }: ForeignModel,
  path: string,
): { readonly varied: boolean; readonly orders: readonly [ClassOrder, ...ClassOrder[]] } {
  const given = opened.classesGuessed === true ? undefined : (classes ?? opened.classes);
  if (given !== undefined) return { varied: false, orders: [orderOf('given', given)] };
  const outputs = opened.network.outputShape.at(-1) ?? 0;
  if (outputs !== dataClasses.length || !sameClasses(opened.classes, dataClasses)) {
    throw new RunError(
      `${path}: the model has ${outputs} outputs, and the data have ${dataClasses.length} classes; name the classes of its outputs with --classes a,b,c`,
    );
  }
  const [first, ...rest] = knownOrders(dataClasses);
  return { varied: outputs <= MOST_ORDERED, orders: [first as ClassOrder, ...rest] };
}

/** The order in which most images are right. */
function bestOrder(
  probabilities: Float32Array,
  { labels }: Split,
  [first]: readonly [ClassOrder, ...ClassOrder[]],
) {
  const { classes } = first;
  const n = classes.length;
  const counts = classes.map(() => classes.map(() => 0));
  labels.forEach((label, i) => {
    const row = counts[label] as number[];
    const output = largest(probabilities, i, n);
    row[output] = (row[output] as number) + 1;
  });
  return orderOf(
    'best of all orders',
    bestAssignment(counts).map((c) => classes[c] as string),
  );
}

/** Without orders that an earlier one equals. */
const distinct = (orders: readonly ClassOrder[]): ClassOrder[] =>
  orders.filter(({ option }, i) => orders.findIndex((other) => other.option === option) === i);

function trialOf(
  preprocess: PreprocessName,
  order: ClassOrder,
  probabilities: Float32Array,
  { labels }: Split,
  classes: readonly string[],
): Tried {
  const n = classes.length;
  const outputs = classes.map((name) => order.classes.indexOf(name));
  const right = new Uint8Array(labels.length);
  let loss = 0;
  labels.forEach((label, i) => {
    const output = outputs[label] as number;
    right[i] = Number(largest(probabilities, i, n) === output);
    loss -= Math.log(Math.max(probabilities[i * n + output] as number, 1e-7));
  });
  const accuracy = right.reduce((sum, one) => sum + one, 0) / labels.length;
  return { preprocess, order, accuracy, loss: loss / labels.length, right };
}

/** The largest output of a row. */
function largest(probabilities: Float32Array, row: number, outputs: number): number {
  const values = probabilities.subarray(row * outputs, (row + 1) * outputs);
  return values.indexOf(Math.max(...values));
}

function ranked(tried: readonly Tried[], { labels }: Split) {
  const sorted = [...tried].sort((a, b) => b.accuracy - a.accuracy || a.loss - b.loss);
  const [best, next] = sorted;
  if (best === undefined) {
    throw new DataError('the data have no training images, which this preprocessing is computed from');
  }
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const guess = Math.max(...counts.values()) / labels.length;
  const trials = sorted.map(({ right: _, ...trial }) => trial) as [InputTrial, ...InputTrial[]];
  return { trials, guess, pValue: best.accuracy <= guess ? 1 : mcNemar(best.right, next?.right) };
}

/**
 * Two-sided p-value of McNemar's test (Psychometrika 12, 1947) that two ways are right equally often, from the images that only
 * one of them has right; the binomial distribution as a normal one, with the correction for continuity.
 */
export function mcNemar(a: Uint8Array, b: Uint8Array | undefined): number {
  if (b === undefined) return 0;
  let [onlyA, onlyB] = [0, 0];
  a.forEach((right, i) => {
    onlyA += Number(right === 1 && b[i] === 0);
    onlyB += Number(right === 0 && b[i] === 1);
  });
  if (onlyA + onlyB === 0) return 1;
  const z = Math.max(0, Math.abs(onlyA - onlyB) - 1) / Math.sqrt(onlyA + onlyB);
  return 2 * (1 - normalBelow(z));
}
