import { listOf } from '../data/class_names.js';
import {
  fittedSize,
  isFitted,
  lacksFit,
  PREPROCESS,
  type Preprocess,
  type PreprocessName,
} from '../data/preprocess.js';
import { isH5 } from '../formats/hdf5.js';
import { type ReadModel, readKeras } from '../formats/keras_architecture.js';
import { isFeature } from '../formats/keras_features.js';
import { type KerasFile, type OwnNotes, readH5, writeH5 } from '../formats/keras_h5.js';
import { isZip, readKerasZip } from '../formats/keras_zip.js';
import { isOnnx } from '../formats/onnx_reading/file.js';
import { isJson } from '../formats/other_kinds.js';
import type { Shape } from '../gpu/shape.js';
import type { Network } from '../nn/network.js';
import type { NamedArrays } from '../nn/parameters.js';
import { CLASS_NAMES, sameClasses } from '../util/classes.js';
import { RunError } from '../util/errors.js';
import { foreignError, foreignJson } from '../util/foreign.js';
import { shellWord } from '../util/shell_word.js';
import { isEnsemble, isEnsembleFile, readEnsembleFile } from './ensemble_file.js';
import { hasPatterns, pixelWeights } from './features.js';
import { loadModel, readWeightFile, type SavedModel } from './model_file.js';
import { openOnnx } from './onnx_file.js';
import { knownPreprocess, requireMeasured, requireSound } from './soundness.js';

/** What a model file of another program does not say. */
export interface ForeignModel {
  /** For files that hold only weights: path of a JSON file that `model.to_json()` wrote. */
  readonly architecture?: string | undefined;
  /** How pixels become its input. */
  readonly preprocess?: PreprocessName | undefined;
  /** Names of its outputs, in order. A file that names them itself keeps its own. */
  readonly classes?: readonly string[] | undefined;
  /** Whether these are names of data too: then a file that names its outputs may name others. */
  readonly ofData?: boolean;
  /** Whether what the file says itself holds; default: the above overrides it. */
  readonly onlyMissing?: boolean;
}

/**
 * Reads a model file: our `.safetensors`, Keras's `.h5` or `.keras`, or ONNX. Throws RunError.
 * @param foreign supplies what the file does not say, and overrides what it does, except for the names of classes; what its
 * `preprocess` takes from the training images may still be missing
 */
export async function openModel(path: string, foreign: ForeignModel = {}): Promise<SavedModel> {
  try {
    return await openForeign(path, foreign);
  } catch (cause) {
    throw foreignError(cause, path);
  }
}

async function openForeign(path: string, foreign: ForeignModel): Promise<SavedModel> {
  const { network, softmaxAdded = false, weights, own, preprocess: within } = await openWith(path, foreign);
  requireImages(path, network.inputShape);
  const kept = foreign.onlyMissing === true && own !== undefined ? {} : foreign;
  const preprocess =
    within === undefined ? preprocessOf(path, network, kept, own) : rescaled(path, within, kept);
  const fixed = hasPatterns(network) ? patternWeights(path, network, weights, preprocess, own) : undefined;
  const { classes, guessed } = classesOf(path, network, kept, own);
  return {
    ...{ classes, preprocess, ...(fixed ?? { network, weights }) },
    ...(guessed && { classesGuessed: true }),
    ...(softmaxAdded && { softmaxAdded: true }),
    ...(own === undefined && { foreign: true }),
    notes: own?.notes ?? {},
  };
}

/** Throws RunError for a network that takes no pictures, for example channels of which a `Permute` makes the last axis. */
function requireImages(path: string, [height = 1, width = 1, channels = 1]: Shape): void {
  if (channels === 1 || channels === 3) return;
  const turned = height === 1 || height === 3;
  throw new RunError(
    `${path}: it takes images of ${height} x ${width} with ${channels} channels; expected 1 (gray) or 3 (colours)${turned ? `; if its channels come first, build the model in Keras with keras.Input((${width}, ${channels}, ${height})), without what turns the axes, set the weights, and save it` : ''}`,
  );
}

/** What a file holds, with the architecture of another where it holds only weights. Throws RunError where both have one. */
async function openWith(
  path: string,
  { architecture: model, onlyMissing }: ForeignModel,
): Promise<KerasFile> {
  const architecture = model === undefined ? undefined : readJson(model);
  const file = await openWeights(path, architecture);
  if (!file.whole || architecture === undefined || onlyMissing === true) return file;
  throw secondNetwork(path);
}

const secondNetwork = (path: string): RunError =>
  new RunError(
    `${path}: the file contains its own network; --model is only for files that hold nothing but weights: leave it out`,
  );

/**
 * A network with LBP features, and its weights with those that follow from the preprocessing. What was measured on the training
 * images is also the initial value of these weights, so that the network can be trained anew.
 */
function patternWeights(
  path: string,
  network: Network,
  weights: NamedArrays,
  preprocess: Preprocess,
  own: OwnNotes | undefined,
): { readonly network: Network; readonly weights: NamedArrays } {
  if (preprocess.name !== own?.preprocess || lacksFit(preprocess)) {
    throw new RunError(
      `${path}: its LBP features belong to the preprocessing ${own?.preprocess} of its training; leave out --preprocess`,
    );
  }
  const all = new Map([...weights, ...pixelWeights(network, preprocess)]);
  const measured = network.layers.filter(
    ({ layer }) => isFeature({ layer }) || layer.config['trainable'] === false,
  );
  const names = new Set(measured.flatMap((placed) => placed.weights.map((spec) => spec.name)));
  const values = new Map([...all].filter(([name]) => names.has(name)));
  return { network: network.withInitialValues(values), weights: all };
}

function preprocessOf(
  path: string,
  { inputShape }: Network,
  foreign: ForeignModel,
  own: OwnNotes | undefined,
): Preprocess {
  const name = foreign.preprocess ?? (own && knownPreprocess(path, own.preprocess));
  if (name === undefined) {
    throw new RunError(
      `${path}: the file does not say how pixels are preprocessed; give --preprocess ${PREPROCESS.slice(0, -1).join(', ')} or ${PREPROCESS.at(-1)}; "fer-tui evaluate --preprocess auto" finds out which from a data set`,
    );
  }
  // What the file took from its training images belongs to its own preprocessing alone.
  if (!isFitted(name) || own?.preprocess !== name || own.mean === undefined) return { name };
  const { mean, std } = own;
  const [height = 1, width = 1] = inputShape;
  const size = fittedSize(name, height * width);
  if (mean.length !== size || (std !== undefined && std.length !== size)) {
    const expected = size === 1 ? 'one number' : `${height} x ${width}`;
    throw new RunError(`${path}: its mean image has ${mean.length} pixels; expected ${expected}`);
  }
  if (name === 'mean') return { name, mean };
  const usable = std?.every((value) => value > 0 && Number.isFinite(value));
  if (std === undefined || usable !== true) {
    throw new RunError(
      `${path}: damaged: its preprocessing ${name} needs standard deviations; expected numbers above 0`,
    );
  }
  return { name, mean, std };
}

/** The preprocessing that layers of a file contained. Throws RunError where another is asked for. */
function rescaled(path: string, within: string, { preprocess }: ForeignModel): Preprocess {
  const name = knownPreprocess(path, within);
  if (preprocess === undefined || preprocess === name) return { name };
  throw new RunError(
    `${path}: it rescales pixels itself, as --preprocess ${name} does; leave out --preprocess ${preprocess}`,
  );
}

/**
 * Names the outputs. The names in the file count, since a wrong order would make every answer wrong. Where neither the file nor
 * the user names them, and there are seven, they are taken for FER-2013's.
 */
function classesOf(path: string, network: Network, foreign: ForeignModel, own: OwnNotes | undefined) {
  const outputs = network.outputShape.at(-1) ?? 0;
  const others = own !== undefined && foreign.classes !== undefined && foreign.ofData !== true;
  if (others && !sameClasses(own.classes, foreign.classes)) {
    throw new RunError(
      `${path}: --classes ${listOf(foreign.classes)}: the file names its classes itself, ${listOf(own.classes)}; leave out --classes`,
    );
  }
  const given = own?.classes ?? foreign.classes;
  const classes = given ?? CLASS_NAMES;
  const double = classes.find((name, i) => classes.indexOf(name) !== i);
  if (classes.length !== outputs || double !== undefined) {
    const why = double === undefined ? `there are ${classes.length} names` : `"${double}" is named twice`;
    throw new RunError(
      `${path}: the model has ${outputs} outputs, but ${why}; give --classes a,b,c in the order of the outputs`,
    );
  }
  return { classes, guessed: given === undefined };
}

/** Throws RunError if the model's preprocessing needs numbers of the training images and its file has none. */
export function requireFit({ preprocess }: SavedModel, path: string): void {
  if (!lacksFit(preprocess)) return;
  const { name } = preprocess;
  const [what, them] =
    name === 'mean'
      ? ['the mean training image', 'it']
      : ['the mean and standard deviation of the training images', 'them'];
  throw new RunError(
    `${path}: --preprocess ${name} needs ${what}, and the file does not contain ${them}; "fer-tui export ${shellWord(path)} --preprocess ${name} --data DATA --to h5" writes a file that does, with the data that the model was trained on`,
  );
}

/**
 * Reads a model file without requiring class names and preprocessing. Throws RunError.
 * @param architecture the parsed JSON of `model.to_json()`, for files that hold only weights
 */
export async function openWeights(path: string, architecture?: unknown): Promise<KerasFile> {
  try {
    return await readAny(path, architecture);
  } catch (cause) {
    throw foreignError(cause, path);
  }
}

async function readAny(path: string, architecture: unknown): Promise<KerasFile> {
  if (isEnsembleFile(path)) {
    const members = readEnsembleFile(path).members.map(({ weights }) => weights);
    throw new RunError(`${path} is an ensemble; expected one network, such as one of ${members.join(', ')}`);
  }
  const bytes = readWeightFile(path);
  const foreign = isH5(bytes)
    ? await readH5(path, architecture, bytes)
    : isZip(bytes)
      ? await readKerasZip(bytes, path)
      : isOnnx(bytes)
        ? openOnnx(bytes, path)
        : undefined;
  if (foreign !== undefined) {
    requireSound(path, foreign.weights);
    requireMeasured(path, foreign.own ?? {});
    return foreign;
  }
  const { network, weights, classes, notes, preprocess } = loadModel(path, bytes);
  const { name, mean, std } = preprocess;
  const own = { classes, notes, preprocess: name, mean, std };
  return { whole: true, network, weights, own };
}

/**
 * Reads the network of a model file, or of a JSON file that `model.to_json()` wrote. Throws RunError.
 * @param foreign has the architecture of a file that holds only weights
 */
export const openNetwork = async (path: string, foreign: ForeignModel = {}): Promise<Network> =>
  (await openArchitecture(path, foreign)).network;

/** `openNetwork`, and whether a softmax was added to it. */
export async function openArchitecture(
  path: string,
  foreign: ForeignModel = {},
): Promise<Pick<ReadModel, 'network' | 'softmaxAdded'>> {
  try {
    if (isJson(readWeightFile(path))) {
      const content = readJson(path);
      if (!isEnsemble(content)) {
        if (foreign.architecture !== undefined) throw secondNetwork(path);
        return readKeras(content, path);
      }
    }
    const { network, softmaxAdded = false } = await openWith(path, foreign);
    return { network, softmaxAdded };
  } catch (cause) {
    throw foreignError(cause, path);
  }
}

function readJson(path: string): unknown {
  return foreignJson(
    Buffer.from(readWeightFile(path)).toString('utf8'),
    `${path}: it cannot be read as JSON, expected what model.to_json() writes: it`,
  );
}

/** Writes a model as Keras's `.h5`, with class names and preprocessing. Throws RunError. */
export async function saveH5(path: string, saved: SavedModel): Promise<void> {
  const { network, weights, classes, notes } = saved;
  const { name, mean, std } = saved.preprocess;
  await writeH5(path, network, weights, { classes, preprocess: name, mean, std, notes });
}
