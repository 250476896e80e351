import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAugment } from '../data/augment.js';
import { BatchSource } from '../data/batches.js';
import { decodePicture, fitPicture, resizeImages } from '../data/image.js';
import { readPicture } from '../data/image_files.js';
import { fitPreprocess, type Preprocess } from '../data/preprocess.js';
import type { Dataset, LoadOptions, Split } from '../data/types.js';
import type { Gpu } from '../gpu/device.js';
import type { LearnerState } from '../nn/learner.js';
import type { LearnerOptions } from '../nn/learner_options.js';
import { MODEL_NAMES } from '../nn/model_names.js';
import { buildModel } from '../nn/models.js';
import type { Network } from '../nn/network.js';
import type { NamedArrays } from '../nn/parameters.js';
import { learnerOptions, networkOf, planOf } from '../train/assemble.js';
import { loadCheckpoint } from '../train/checkpoint.js';
import { mapLabels } from '../train/class_mapping.js';
import { resolveConfig } from '../train/config.js';
import { dataOptions } from '../train/data_options.js';
import { readRunSettings } from '../train/run_folder.js';
import { shippedModels, weightsPath } from '../train/shipped_models.js';
import { openModel, openNetwork, requireFit } from '../train/weights.js';
import { sameClass } from '../util/classes.js';
import { DataError, RunError, UsageError } from '../util/errors.js';
import type { ImageDraw } from '../util/image_draw.js';

/** What to dissect. Everything has a default. */
export interface LearnRequest {
  /** A shipped or built-in network by name, a model file, an architecture (`model.json`), or the folder of a run. */
  readonly model?: string | undefined;
  /** Start from initial weights instead of trained ones. */
  readonly fresh?: boolean;
  /** Data set, as for `--data`; default: that of the run, else drawn faces. */
  readonly data?: string | undefined;
  /** Names of its classes, as for `--classes`; default: those of the run, else as the data call them. */
  readonly classes?: string | undefined;
  /** A picture of a face to put first in the batch. */
  readonly image?: string | undefined;
  /** Its class; default: what the network says. */
  readonly label?: string | undefined;
  /** Images in the batch; default 16, for a run its own number, at most 28. */
  readonly batch?: number | undefined;
  /** Seed of fresh weights, of the order of the images, augmentation and dropout; default 7, or that of the run. */
  readonly seed?: number | undefined;
  /** Augmentation, as for `--augment`; default: that of the run, else `default`. */
  readonly augment?: string | undefined;
}

/** A step, ready to be taken apart. */
export interface LearnSource {
  readonly network: Network;
  readonly options: LearnerOptions;
  readonly classes: readonly string[];
  /** Where the weights come from, in words. */
  readonly title: string;
  /** Weights to start from; undefined: initial ones. */
  readonly weights: NamedArrays | undefined;
  /** The state of a run at its checkpoint, instead of `weights`. */
  readonly state: LearnerState | undefined;
  /** Name of the data set. */
  readonly data: string;
  /** The images of the step alone, in order. */
  readonly images: BatchSource;
  /** How each is augmented. */
  readonly draws: readonly ImageDraw[];
  readonly labels: Uint32Array;
  /** Whether the network is to say the class of the first image, because the user has not. */
  readonly guessFirst: boolean;
}

/** Reads a data set, see `loadDataset`. */
export type LoadData = (path: string, options: LoadOptions) => Promise<Dataset>;

/** Images in the batch unless the user chooses: enough for batch norm, few enough to hold every gradient. */
const BATCH = 16;
const LARGEST = 64;
/** Of a run's own batch, so many at most: more would take more memory than a paused training can spare. */
const MOST_OF_RUN = 28;

/**
 * Opens what a request names.
 * @param gpu the device that will run it
 * @param load reads a data set, see `loadDataset`
 * Throws UsageError, RunError, DataError.
 */
export async function openSource(gpu: Gpu, request: LearnRequest, load: LoadData): Promise<LearnSource> {
  const { batch } = request;
  if (batch !== undefined && (!Number.isInteger(batch) || batch < 2 || batch > LARGEST)) {
    throw new UsageError(
      `batch = ${batch}: expected a whole number in [2, ${LARGEST}]; every value of the step is kept`,
    );
  }
  const model = request.model ?? defaultModel();
  const run = runFolderOf(model);
  return run === undefined ? ofNetwork(model, request, batch ?? BATCH, load) : ofRun(gpu, run, request, load);
}

const defaultModel = (): string => (shippedModels().includes('fer-cnn') ? 'fer-cnn' : MODEL_NAMES[0]);

/** The folder of a run that is named by its path or by its name in `runs`. */
function runFolderOf(model: string): string | undefined {
  return [model, join('runs', model)].find((path) => existsSync(join(path, 'config.json')));
}

/** The next step of a run, from its checkpoint. */
async function ofRun(gpu: Gpu, path: string, request: LearnRequest, load: LoadData): Promise<LearnSource> {
  const checkpoint = join(path, 'checkpoint.safetensors');
  if (!existsSync(checkpoint)) {
    throw new RunError(
      `${path}: the run has no checkpoint yet; expected checkpoint.safetensors: in Train, S writes one`,
    );
  }
  const settings = readRunSettings(path);
  const { batch: before } = settings;
  const batch = request.batch ?? Math.min(before, MOST_OF_RUN);
  const config = resolveConfig({
    ...settings,
    ...(request.data !== undefined && { data: request.data, classes: undefined }),
    ...(request.classes !== undefined && { classes: request.classes }),
    ...(request.augment !== undefined && { augment: request.augment }),
    ...(request.seed !== undefined && { seed: request.seed }),
    batch,
  });
  const dataset = await load(config.data, dataOptions(config, path));
  const network = await networkOf(config, dataset, { gpu, ownCopy: join(path, 'architecture.json') });
  const [h = 1, w = 1, c = 1] = network.inputShape;
  const { source } = planOf(config, dataset, [h, w, c]);
  const { learner, trainer } = loadCheckpoint(checkpoint);
  const index = Math.floor((trainer.index * before) / batch) % source.batchesPerEpoch;
  return {
    ...{ network, options: learnerOptions(config, dataset), classes: dataset.classes, data: dataset.name },
    title: request.fresh
      ? `initial weights of run ${path}`
      : `run ${path}, step ${learner.stepCount + 1}${batch === before ? '' : ` with ${batch} of its ${before} images`}`,
    weights: undefined,
    state: request.fresh ? undefined : learner,
    ...(await batchOf(source, trainer.epoch, index, request, dataset.classes)),
  };
}

/** A first step of a network: with the weights of a file, or with initial ones. */
async function ofNetwork(
  model: string,
  request: LearnRequest,
  batch: number,
  load: LoadData,
): Promise<LearnSource> {
  const { seed = 7, augment = 'default' } = request;
  const dataset = await load(request.data ?? 'synthetic', { classes: request.classes });
  const opened = await openNetworkOf(model, request.fresh ?? false);
  const { network, classes = dataset.classes } = opened;
  const outputs = network.outputShape.at(-1) ?? 0;
  if (classes.length !== outputs) {
    throw new RunError(
      `${model}: the network has ${outputs} outputs; ${dataset.name} has ${classes.length} classes`,
    );
  }
  const [h = 1, w = 1, channels = 1] = network.inputShape;
  if (network.inputShape.length !== 3) {
    throw new RunError(
      `${model}: its input is [${network.inputShape.join(', ')}]; expected images, [H, W, C]`,
    );
  }
  const train = dataset.splits.train;
  if (train.labels.length === 0) throw new DataError(`${dataset.name}: there are no training images`);
  const { labels, images } = mapLabels(train, { from: dataset.classes, to: classes, skipUnknown: true });
  if (labels.length === 0)
    throw new DataError(`${dataset.name} has no class that ${model} knows: ${classes.join(', ')}`);
  const split: Split = { labels, images: resizeImages(images, [dataset.height, dataset.width], [h, w]) };
  const preprocess: Preprocess = opened.preprocess ?? fitPreprocess('mean', split);
  const source = new BatchSource(split, {
    ...{ batchSize: batch, preprocess, shape: [h, w, 1], channels, shuffle: true, seed },
    augment: parseAugment(augment),
  });
  return {
    ...{ network, classes, data: dataset.name, options: { seed }, state: undefined },
    title: opened.title ?? `initial weights, seed ${seed}`,
    weights: opened.weights,
    ...(await batchOf(source, 0, 0, request, classes)),
  };
}

interface OpenedNetwork {
  readonly network: Network;
  readonly weights?: NamedArrays;
  readonly classes?: readonly string[];
  readonly preprocess?: Preprocess;
  readonly title?: string;
}

/** Opens what `summary` opens: a network by name, or a file. */
async function openNetworkOf(model: string, fresh: boolean): Promise<OpenedNetwork> {
  const shipped = shippedModels().includes(model);
  if (!existsSync(model) && !shipped) return { network: buildModel(model) };
  const path = weightsPath(model);
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw new RunError(
      `${path}: a folder without config.json; expected the folder of a run, or a model file`,
    );
  }
  if (path.endsWith('.json')) return { network: await openNetwork(path) };
  const saved = await openModel(path);
  requireFit(saved, path);
  const { network, classes, preprocess } = saved;
  if (fresh) return { network, classes, preprocess };
  return { network, classes, preprocess, weights: saved.weights, title: `trained weights, ${model}` };
}

/** The images of one batch, with the user's picture in the place of the first. */
async function batchOf(
  source: BatchSource,
  epoch: number,
  index: number,
  { image, label }: LearnRequest,
  classes: readonly string[],
): Promise<Pick<LearnSource, 'images' | 'draws' | 'labels' | 'guessFirst'>> {
  const { draws, labels } = source.draws(epoch, index);
  const [height, width, channels] = source.shape;
  const size = height * width * channels;
  const pixels = new Uint8Array(draws.length * size);
  draws.forEach(({ image: from }, i) => {
    pixels.set(source.images.subarray(from * size, (from + 1) * size), i * size);
  });
  if (image !== undefined) {
    pixels.set(fitPicture(await decodePicture(readPicture(image), image), source.shape));
  }
  if (label !== undefined) labels[0] = classOf(label, classes);
  return {
    images: new BatchSource({ images: pixels, labels: Uint16Array.from(labels) }, source.options),
    draws: draws.map((draw, i) => ({ ...draw, image: i })),
    labels,
    guessFirst: image !== undefined && label === undefined,
  };
}

function classOf(label: string, classes: readonly string[]): number {
  const found = classes.findIndex((name) => sameClass(name, label));
  if (found < 0) throw new UsageError(`label ${label}: expected one of ${classes.join(', ')}`);
  return found;
}
