import { resolve } from 'node:path';
import { BatchSource } from '../data/batches.js';
import { resizeImages } from '../data/image.js';
import { loadDataset } from '../data/load.js';
import { samePreprocess } from '../data/preprocess.js';
import { limitSplit } from '../data/rows.js';
import type { Dataset, Split } from '../data/types.js';
import { openGpu } from '../gpu/device.js';
import { formatShape } from '../gpu/shape.js';
import { Learner } from '../nn/learner.js';
import type { NamedArray, NamedArrays } from '../nn/parameters.js';
import { mapLabels } from '../train/class_mapping.js';
import { requireOnce } from '../train/ensemble.js';
import { type Evaluation, evaluateSplit, inputOf } from '../train/evaluation.js';
import { Feed } from '../train/feed.js';
import { requireSafetensors, type SavedModel, saveModel, unadjusted } from '../train/model_file.js';
import { weightsPath } from '../train/shipped_models.js';
import type { VoteOptions } from '../train/votes.js';
import { type ForeignModel, openModel, requireFit } from '../train/weights.js';
import { FACE_SIZE } from '../util/classes.js';
import { DataError, RunError, UsageError } from '../util/errors.js';
import { sameArrays, soupOf } from './average_weights.js';
import type { SoupMethod } from './methods.js';

const BATCH = 64;
/** After this many batches at momentum 0.99, the statistics of before have a weight of 5 %. */
const STATISTICS_BATCHES = 300;

/** Which networks go into the soup, and where it is written. */
export interface SoupOptions extends Omit<VoteOptions, 'split' | 'tta'> {
  /** Model files of one architecture. */
  readonly weights: readonly string[];
  readonly foreign?: ForeignModel;
  readonly method: SoupMethod;
  readonly out: string;
}

type Measured = Pick<Evaluation, 'loss' | 'accuracy'>;

/** What was averaged, and what it is worth on the validation images. */
export interface SoupReport {
  readonly members: readonly (Measured & { readonly weights: string; readonly used: boolean })[];
  readonly soup: Measured;
  readonly count: number;
}

/**
 * A model soup (Wortsman et al. 2022, arXiv 2203.05482): one network whose weights are the mean of those of several networks of
 * one architecture, best from one common start. It costs no more than one of them. `uniform` takes all; `greedy` goes from
 * the best to the worst, and keeps each one with which the soup's accuracy on the validation images is no lower.
 *
 * The batch norm statistics of the members do not suit their mean. New ones come from training images, as in stochastic weight
 * averaging, unless all members are equal. Throws RunError for members that cannot be averaged, DataError, NoGpuError.
 */
export async function makeSoup(options: SoupOptions): Promise<SoupReport> {
  const { weights: paths, method, out, data, onProgress } = options;
  requireSafetensors(out);
  requireOnce(paths);
  requireOther(out, paths);
  const members = await openMembers(paths, options.foreign);
  const [first] = members as [SavedModel, ...SavedModel[]];
  const dataset = await loadDataset(data, options.load);
  const { train, validation } = splitsOf(dataset, first, options);
  const gpu = await openGpu({ adapter: options.adapter });
  try {
    const learner = new Learner(gpu, first.network);
    const statistics = new Statistics(learner, train, first);
    const measure = async (weights: NamedArrays): Promise<Measured> => {
      learner.writeWeights(weights);
      const { loss, accuracy } = await evaluateSplit(learner, validation, first.preprocess);
      return { loss, accuracy };
    };
    const alone: Measured[] = [];
    for (const [m, { weights }] of members.entries()) {
      onProgress?.('evaluating the members', m, members.length);
      alone.push(await measure(weights));
    }
    const order = [...members.keys()].sort((a, b) => better(alone[a], alone[b]));
    const [best = 0] = order;
    let used = method === 'uniform' ? order : [best];
    let weights = method === 'uniform' ? await statistics.soup(members) : members[best]?.weights;
    let soup = method === 'uniform' ? await measure(weights as NamedArrays) : (alone[best] as Measured);
    for (const [i, m] of (method === 'greedy' ? order.slice(1) : []).entries()) {
      onProgress?.('trying members', i, order.length - 1);
      const tried = await statistics.soup([...used, m].map((k) => members[k] as SavedModel));
      const found = await measure(tried);
      if (found.accuracy < soup.accuracy) continue;
      [used, weights, soup] = [[...used, m], tried, found];
    }
    statistics.dispose();
    const from = used.map((m) => paths[m]).join(', ');
    saveModel(out, { ...first, weights: weights as NamedArrays, notes: { soup: `${method}: ${from}` } });
    return {
      members: paths.map((path, m) => ({
        ...{ weights: path, used: used.includes(m) },
        ...(alone[m] as Measured),
      })),
      ...{ soup, count: validation.labels.length },
    };
  } finally {
    gpu.close();
  }
}

/** Order from the most accurate to the least; of equals, the lower loss first. */
function better(a: Measured | undefined, b: Measured | undefined): number {
  return (b?.accuracy ?? 0) - (a?.accuracy ?? 0) || (a?.loss ?? 0) - (b?.loss ?? 0);
}

/** Throws UsageError where the soup would be written over one of its members. */
function requireOther(out: string, paths: readonly string[]): void {
  const own = paths.find((path) => resolve(weightsPath(path)) === resolve(out));
  if (own === undefined) return;
  throw new UsageError(`--out ${out}: a member of the soup, which would be lost; choose another name`);
}

/** Opens the members, without temperatures. Throws RunError where they cannot be averaged. */
async function openMembers(
  paths: readonly string[],
  foreign: ForeignModel | undefined,
): Promise<SavedModel[]> {
  const members: SavedModel[] = [];
  for (const path of paths) {
    const opened = await openModel(path, foreign);
    requireFit(opened, path);
    const { raw: saved } = unadjusted(opened, path);
    const why = members[0] && difference(members[0], saved);
    if (why !== undefined) {
      throw new RunError(
        `${path} and ${paths[0]} cannot be averaged: ${why}; a soup needs networks of one architecture, classes and preprocessing`,
      );
    }
    // Names of layers may differ, as they do between models of Keras; their order does not.
    const { weights: names } = (members[0] ?? saved).network;
    const arrays = [...saved.weights.values()];
    members.push({ ...saved, weights: new Map(names.map(({ name }, i) => [name, arrays[i] as NamedArray])) });
  }
  return members;
}

/** The first difference between two models that keeps their weights from being averaged. */
function difference(a: SavedModel, b: SavedModel): string | undefined {
  if (formatShape(a.network.inputShape) !== formatShape(b.network.inputShape))
    return 'their inputs differ in size';
  const layersOf = ({ network }: SavedModel): string[] =>
    network.layers.map(
      ({ layer, outputShape, inputs }) =>
        `${layer.kind} ${formatShape(outputShape)} of ${inputs.join()} ${JSON.stringify(layer.config)}`,
    );
  const [own, other] = [layersOf(a), layersOf(b)];
  const layer = own.findIndex((text, i) => text !== other[i]);
  if (layer >= 0 || own.length !== other.length) {
    const at = layer >= 0 ? layer : own.length;
    return `they differ in layer ${at + 1}: ${layerDifference(a, b, at)}`;
  }
  if (a.classes.join() !== b.classes.join()) return 'their classes differ, or the order of these';
  if (a.preprocess.name !== b.preprocess.name) return 'their preprocessing differs';
  if (samePreprocess(a.preprocess, b.preprocess)) return undefined;
  return a.preprocess.name === 'mean'
    ? 'their mean images differ'
    : 'their means or standard deviations differ';
}

/** What differs between the layers at one place of two models, that of `b` first. */
function layerDifference(a: SavedModel, b: SavedModel, at: number): string {
  const [own, other] = [a, b].map(({ network }) => network.layers[at]);
  if (own === undefined || other === undefined || own.layer.kind !== other.layer.kind)
    return `${other?.layer.kind ?? 'none'} and ${own?.layer.kind ?? 'none'}`;
  const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const options = Object.keys({ ...own.layer.config, ...other.layer.config }).flatMap((name) => {
    const [ours, theirs] = [own, other].map(({ layer }) => textOf(layer.config[name]));
    return ours === theirs ? [] : [`${name} ${theirs} and ${ours}`];
  });
  return options.join(', ') || 'what goes into it';
}

/** Training and validation images with the labels of a model. Throws DataError where either has none. */
function splitsOf(
  { splits, classes, source }: Dataset,
  model: SavedModel,
  { limit = Number.POSITIVE_INFINITY, skipUnknown = false, load }: SoupOptions,
): { train: Split; validation: Split } {
  const of = (name: 'train' | 'validation', most: number): Split => {
    const split = mapLabels(limitSplit(splits[name], most), {
      from: classes,
      to: model.classes,
      skipUnknown,
      onNote: load?.onNote,
    });
    if (split.labels.length > 0) return split;
    throw new DataError(`${source} has no ${name} images; a soup needs training and validation images`);
  };
  return { train: of('train', Number.POSITIVE_INFINITY), validation: of('validation', limit) };
}

/** Averages members, and measures the batch norm statistics of the result on training images. */
class Statistics {
  readonly #feed: Feed;

  constructor(
    private readonly learner: Learner,
    train: Split,
    { preprocess }: SavedModel,
  ) {
    const [height, width, channels] = inputOf(learner);
    const images = resizeImages(train.images, [FACE_SIZE, FACE_SIZE], [height, width]);
    const options = { batchSize: BATCH, preprocess, shuffle: true, channels } as const;
    this.#feed = new Feed(
      learner.gpu,
      new BatchSource({ images, labels: train.labels }, { ...options, shape: [height, width, 1] }),
    );
  }

  async soup(members: readonly SavedModel[]): Promise<NamedArrays> {
    const [first] = members as [SavedModel, ...SavedModel[]];
    const mean = soupOf(members.map(({ weights }) => weights));
    const fixed = first.network.weights.some(({ trainable }) => !trainable);
    if (!fixed || members.every(({ weights }) => sameArrays(weights, first.weights))) return mean;
    this.learner.writeWeights(mean);
    await this.learner.measureStatistics(this.#batches());
    return this.learner.readWeights();
  }

  *#batches(): Generator<ReturnType<Feed['batch']>> {
    const { size, batchSize, batchesPerEpoch } = this.#feed.source;
    const whole = Math.max(1, Math.floor(size / batchSize));
    const total = Math.min(STATISTICS_BATCHES, 3 * batchesPerEpoch);
    for (let i = 0; i < total; i++) yield this.#feed.batch(0, i % whole);
  }

  dispose(): void {
    this.#feed.dispose();
  }
}
