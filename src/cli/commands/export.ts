import { basename } from 'node:path';
import { toOnnx } from '../../formats/onnx.js';
import { openModel, requireMean, saveH5, saveModel } from '../../train/weights.js';
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
  requireMean(saved, file);
  warnOfGuess(saved, file);
  const out = args.out ?? `${basename(file).replace(/\.[^.]+$/, '')}.${to}`;
  const { network, weights, classes, preprocess } = saved;
  if (to === 'h5') await saveH5(out, saved);
  else if (to === 'safetensors') saveModel(out, saved);
  else {
    const mean = preprocess.mean === undefined ? {} : { mean_image: preprocess.mean.join(',') };
    atomicWrite(
      out,
      toOnnx(network, weights, { classes: csvLine(classes), preprocess: preprocess.name, ...mean }, layout),
    );
  }
  if (json) writeJson({ v: 1, type: 'result', file, to, out, model: network.name, classes });
  else
    process.stdout.write(`${printable(out)}: ${printable(network.name)}, ${classes.length} classes, ${to}\n`);
  return EXIT.done;
}
