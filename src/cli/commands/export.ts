import { basename } from 'node:path';
import { PREPROCESS_FORMULAS } from '../../data/preprocess.js';
import { toOnnx } from '../../formats/onnx.js';
import { saveModel } from '../../train/model_file.js';
import { openModel, requireFit, saveH5 } from '../../train/weights.js';
import { atomicWrite } from '../../util/atomic_write.js';
import { csvLine } from '../../util/csv.js';
import { EXIT, UsageError } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import type { ExportArgs } from '../declarations/export.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { foreignOf, warnOfGuess } from '../foreign_args.js';
import { writeJson } from '../run_command.js';

/** `fer-tui export`: converts a trained network to another format. */
export async function exportModel(args: ExportArgs & GlobalArgs): Promise<number> {
  const { file, to, layout, json } = args;
  if (layout !== undefined && to !== 'onnx') throw new UsageError(`--layout ${layout}: it is for --to onnx`);
  const saved = await openModel(file, foreignOf(args));
  requireFit(saved, file);
  warnOfGuess(saved, file);
  const out = args.out ?? `${basename(file).replace(/\.[^.]+$/, '')}.${to}`;
  const { network, weights, classes, preprocess } = saved;
  const formula = PREPROCESS_FORMULAS[preprocess.name];
  if (to === 'h5') await saveH5(out, saved);
  else if (to === 'safetensors') saveModel(out, saved);
  else {
    const { mean, std } = preprocess;
    atomicWrite(
      out,
      toOnnx(
        network,
        weights,
        {
          ...{ classes: csvLine(classes), preprocess: preprocess.name, preprocess_formula: formula },
          ...(mean && { [mean.length === 1 ? 'mean' : 'mean_image']: mean.join(',') }),
          ...(std && { [std.length === 1 ? 'std' : 'std_image']: std.join(',') }),
        },
        layout,
      ),
    );
  }
  const needs = to === 'safetensors' ? '' : `; other programs must preprocess pixels of 0 to 255: ${formula}`;
  if (json) {
    const pixels = { preprocess: preprocess.name, preprocess_formula: formula };
    writeJson({ v: 1, type: 'result', file, to, out, model: network.name, classes, ...pixels });
  } else
    process.stdout.write(
      `${printable(out)}: ${printable(network.name)}, ${classes.length} classes, ${to}${needs}\n`,
    );
  return EXIT.done;
}
