import { basename } from 'node:path';
import { loadDataset } from '../../data/load.js';
import { affineOf, lacksFit, PREPROCESS_FORMULAS } from '../../data/preprocess.js';
import { keptBy } from '../../formats/export_losses.js';
import { featureInputs, looksAtImages } from '../../formats/keras_features.js';
import { toOnnx } from '../../formats/onnx.js';
import type { Network } from '../../nn/network.js';
import { fittedTo } from '../../train/fitting.js';
import { type SavedModel, saveModel } from '../../train/model_file.js';
import { weightsPath } from '../../train/shipped_models.js';
import { saveTfjs } from '../../train/tfjs_file.js';
import { openModel, requireFit, saveH5 } from '../../train/weights.js';
import { atomicWrite } from '../../util/atomic_write.js';
import { csvLine } from '../../util/csv.js';
import { EXIT, RunError, UsageError } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { DataReading } from '../data_args.js';
import type { ExportArgs } from '../declarations/export.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { foreignOf, warnOfGuess } from '../foreign_args.js';
import { writeJson } from '../run_command.js';

/** `fer-tui export`: converts a trained network to another format. */
export async function exportModel(args: ExportArgs & GlobalArgs): Promise<number> {
  const { file, to, layout, pixels, data, json } = args;
  const onnxOnly = layout !== undefined ? `--layout ${layout}` : pixels ? '--pixels' : undefined;
  if (onnxOnly !== undefined && to !== 'onnx')
    throw new UsageError(`${onnxOnly} applies only to --to onnx; omit it, or export with --to onnx`);
  const path = weightsPath(file);
  const opened = await openModel(path, foreignOf({ ...args, data: undefined }));
  const saved = data === undefined ? opened : await withFit(opened, path, data);
  requireFit(saved, path);
  warnOfGuess(saved, path);
  const own = path === file ? basename(file).replace(/\.[^.]+$/, '') : basename(file); // a run's name may have a dot
  const out = args.out ?? `${own}.${to}`;
  const { network, classes, preprocess } = saved;
  // What other programs must do to pixels.
  const outside = pixels ? 'none' : preprocess.name;
  const formula = PREPROCESS_FORMULAS[outside];
  const { objection, lost } = keptBy(to, network);
  if (objection !== undefined) throw new RunError(`${path}: ${to} cannot have ${objection}`);
  if (to === 'h5') await saveH5(out, saved);
  else if (to === 'tfjs') saveTfjs(out, saved);
  else if (to === 'safetensors') saveModel(out, saved);
  else atomicWrite(out, onnxOf(saved, layout, pixels));
  const needs =
    to === 'safetensors' ? [] : inputsText(network, pixels ? preprocess.name : undefined, formula);
  if (json) {
    const asked = { preprocess: outside, preprocess_formula: formula };
    writeJson({ v: 1, type: 'result', file, to, out, model: network.name, classes, ...asked, lost });
  } else
    process.stdout.write(
      `${printable(out)}: ${printable(network.name)}, ${classes.length} classes, ${to}${needs.map((text) => `; ${text}`).join('')}\n${lost.map((text) => `not kept: ${text}\n`).join('')}`,
    );
  return EXIT.done;
}

/** The model with the numbers that its preprocessing lacks, computed from the training images of a data set. */
async function withFit(opened: SavedModel, path: string, data: string): Promise<SavedModel> {
  if (!lacksFit(opened.preprocess))
    throw new UsageError(
      `--data: the preprocessing ${opened.preprocess.name} of ${path} lacks nothing of training images; omit --data`,
    );
  const { splits } = await loadDataset(data, new DataReading({}).forModel);
  return { ...opened, preprocess: fittedTo(opened, path, splits.train) };
}

/** What other programs must feed to the model. @param within the preprocessing that the model does itself */
function inputsText(network: Network, within: string | undefined, formula: string): string[] {
  const images =
    within === undefined
      ? `other programs must preprocess pixels of 0 to 255: ${formula}`
      : `it takes pixels of 0 to 255 as uint8 and preprocesses them itself (${within})`;
  const features = Object.keys(featureInputs(network)).map(
    (name) => `its input ${name} takes local binary patterns, as docs/hybrid.md says`,
  );
  return [...(looksAtImages(network) ? [images] : []), ...features];
}

function onnxOf(
  { network, weights, classes, preprocess }: SavedModel,
  layout: ExportArgs['layout'],
  pixels: boolean,
): Uint8Array {
  const { name, mean, std } = preprocess;
  const [height = 1, width = 1] = network.inputShape;
  const about = {
    classes: csvLine(classes),
    preprocess: pixels ? 'none' : name,
    preprocess_formula: PREPROCESS_FORMULAS[pixels ? 'none' : name],
    ...(pixels && { preprocess_within: name, preprocess_within_formula: PREPROCESS_FORMULAS[name] }),
    ...(mean && { [mean.length === 1 ? 'mean' : 'mean_image']: mean.join(',') }),
    ...(std && { [std.length === 1 ? 'std' : 'std_image']: std.join(',') }),
  };
  const steps = pixels ? affineOf(preprocess, height * width) : undefined;
  return toOnnx(network, weights, about, { layout, pixels: steps });
}
