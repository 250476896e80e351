import { statSync } from 'node:fs';
import { csvTexts } from '../data/csv_dialect.js';
import type { Preprocess } from '../data/preprocess.js';
import { isH5 } from '../formats/hdf5.js';
import { fromKeras, toKeras } from '../formats/keras_architecture.js';
import { isZip } from '../formats/keras_zip.js';
import { isOnnx } from '../formats/onnx_reading/file.js';
import { refuseFolders, refuseOtherKinds } from '../formats/other_kinds.js';
import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.js';
import { changeLogits } from '../nn/change_logits.js';
import type { Network } from '../nn/network.js';
import type { NamedArray } from '../nn/parameters.js';
import { atomicWrite, needPlace } from '../util/atomic_write.js';
import { csvLine } from '../util/csv.js';
import { RunError, UsageError } from '../util/errors.js';
import { foreignJson } from '../util/foreign.js';
import { printable } from '../util/printable.js';
import { readWhole } from '../util/read_whole.js';
import { systemReason } from '../util/system_reason.js';
import { refuseNonModels } from './not_a_model.js';
import { knownPreprocess, requireFitting, requireMeasured, requireSound } from './soundness.js';

/** A trained network as a file holds it, with everything that is needed to use it. */
export interface SavedModel {
  /** Its layers. */
  readonly network: Network;
  /** Names of the outputs, in order. */
  readonly classes: readonly string[];
  /** Whether another program wrote the file, which then does not say everything. */
  readonly foreign?: boolean;
  /** Whether the class names are a guess, because neither the file nor the user named them. */
  readonly classesGuessed?: boolean;
  /** Whether the file ends in plain numbers, to which a softmax was added. */
  readonly softmaxAdded?: boolean;
  /** How pixels become its input. */
  readonly preprocess: Preprocess;
  /** All weights by name. */
  readonly weights: ReadonlyMap<string, NamedArray>;
  /** Where the weights come from, such as run and step. */
  readonly notes: Readonly<Record<string, string>>;
}

/** That of today, with a checksum, and the one before. */
const [FORMAT, FORMER] = ['fer-tui 3', 'fer-tui 2'];
/** The names under which what the preprocessing took from the training images is stored among the weights. */
const [MEAN, STD] = ['preprocess/mean', 'preprocess/std'];

/**
 * What a file wants done to the logits z of its weights: softmax(z / temperature + offsets), see docs/ensembles.md. Reading
 * does it in the weights of the last layer.
 */
export interface Adjustment {
  /** Above 0. */
  readonly temperature: number;
  /** One for each class; without, nothing is added. */
  readonly offsets?: readonly number[] | undefined;
}

const NONE: Adjustment = { temperature: 1 };

/** Writes a `.safetensors` file atomically. Throws RunError. */
export function saveModel(path: string, saved: SavedModel, adjustment = NONE): void {
  const { temperature, offsets } = adjustment;
  const tensors = new Map(saved.weights);
  const { name, mean, std } = saved.preprocess;
  if (mean !== undefined) tensors.set(MEAN, { shape: [mean.length], data: mean });
  if (std !== undefined) tensors.set(STD, { shape: [std.length], data: std });
  atomicWrite(
    path,
    encodeSafetensors(tensors, {
      ...saved.notes,
      format: FORMAT,
      model: saved.network.name,
      architecture: JSON.stringify(toKeras(saved.network)),
      classes: csvLine(saved.classes),
      preprocess: name,
      ...(temperature !== 1 && { temperature: String(temperature) }),
      ...(offsets && { offsets: offsets.join(' ') }),
    }),
  );
}

/**
 * Looks at the place of a file that `saveModel` is to write after long work. Throws UsageError unless its name says what it will be,
 * RunError where it cannot be written.
 */
export function requireSafetensors(out: string): void {
  if (!out.toLowerCase().endsWith('.safetensors')) {
    throw new UsageError(
      `--out ${out}: expected a name that ends in .safetensors; "fer-tui export" makes other formats of it`,
    );
  }
  needPlace(out);
}

/**
 * Reads a file that `saveModel` wrote. Its adjustment of the logits, if it has one, is applied: the weights give calibrated
 * probabilities. Throws RunError when the file is missing, damaged, or another kind of file.
 * @param bytes of the file
 */
export function loadModel(path: string, bytes = readWeightFile(path)): SavedModel {
  const { saved, adjustment } = readStored(path, bytes);
  const { temperature, offsets } = adjustment;
  const plain = temperature === 1 && offsets === undefined;
  return plain ? saved : { ...saved, weights: adjusted(saved, adjustment, path) };
}

/**
 * The weights with which a model's logits are adjusted.
 * @param path names the model in messages. Throws RunError where its last layer does not allow it.
 */
export function adjusted(
  { network, weights }: SavedModel,
  { temperature, offsets }: Adjustment,
  path: string,
): SavedModel['weights'] {
  const changed = changeLogits(network, weights, { factor: 1 / temperature, offsets });
  if (changed !== undefined) return changed;
  const what = offsets === undefined ? 'a temperature' : 'offsets of its classes';
  const bias = offsets === undefined ? '' : ', with a bias,';
  throw new RunError(
    `${path}: ${network.name} cannot have ${what}: it ends in "${network.layers.at(-1)?.name}"; expected a dense layer, a convolution or batch normalisation${bias} before softmax`,
  );
}

/**
 * A model without the adjustment of its file, and that adjustment.
 * @param opened what `openModel` made of the same file
 */
export function unadjusted(
  opened: SavedModel,
  path: string,
): { readonly raw: SavedModel; readonly adjustment: Adjustment } {
  const bytes = readWeightFile(path);
  if (isH5(bytes) || isZip(bytes) || isOnnx(bytes)) return { raw: opened, adjustment: NONE };
  const { saved, adjustment } = readStored(path, bytes);
  return { raw: { ...opened, weights: saved.weights }, adjustment };
}

/** What a `.safetensors` file of fer-tui holds, as it is. Throws RunError. */
function readStored(path: string, bytes: Uint8Array): { saved: SavedModel; adjustment: Adjustment } {
  refuseNonModels(bytes, path);
  const { tensors, metadata, verified } = decodeSafetensors(bytes, path);
  const { format, model, architecture, classes, preprocess, temperature, offsets, ...notes } = metadata;
  if (
    format !== (verified ? FORMAT : FORMER) ||
    architecture === undefined ||
    classes === undefined ||
    preprocess === undefined
  ) {
    throw new RunError(
      `${path}: a .safetensors file, but not one of fer-tui: its metadata lacks ${FORMAT} with a checksum, the architecture or the classes`,
    );
  }
  const [mean, std] = [tensors.get(MEAN)?.data, tensors.get(STD)?.data];
  for (const fitted of [MEAN, STD]) tensors.delete(fitted);
  requireSound(path, tensors);
  requireMeasured(path, { mean, std });
  const name = knownPreprocess(path, preprocess);
  const names = csvTexts(classes).map(printable);
  const adjustment = adjustmentOf(path, { temperature, offsets }, names.length);
  const network = fromKeras(
    foreignJson(architecture, `${path}: damaged: the architecture in its metadata`),
    path,
  );
  requireFitting(path, network, tensors);
  const saved = {
    network,
    classes: names,
    preprocess: { name, ...(mean && { mean }), ...(std && { std }) },
    weights: tensors,
    notes,
  };
  return { saved, adjustment };
}

/** Throws RunError unless the numbers of a file make sense. */
function adjustmentOf(
  path: string,
  { temperature = '1', offsets }: { temperature: string | undefined; offsets: string | undefined },
  classes: number,
): Adjustment {
  if (!(Number(temperature) > 0 && Number(temperature) < Number.POSITIVE_INFINITY)) {
    throw new RunError(`${path}: damaged: its temperature is ${temperature}; expected a number above 0`);
  }
  const numbers = offsets?.split(' ').map(Number);
  if (
    (numbers?.length !== classes && numbers !== undefined) ||
    numbers?.some((value) => !Number.isFinite(value))
  ) {
    throw new RunError(`${path}: damaged: its offsets are ${offsets}; expected ${classes} numbers`);
  }
  return { temperature: Number(temperature), offsets: numbers };
}

/** Throws RunError where there is no such file, and where it is known to be something else. */
export function readWeightFile(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    if (statSync(path).isDirectory()) refuseFolders(path);
    bytes = readWhole(path);
  } catch (cause) {
    if (cause instanceof RunError) throw cause;
    throw new RunError(
      `cannot read weights ${path}: ${systemReason(cause)}; expected e.g. runs/r1/best.safetensors`,
      { cause },
    );
  }
  refuseOtherKinds(bytes, path);
  return bytes;
}
