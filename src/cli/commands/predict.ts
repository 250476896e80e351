import { predictImages } from '../../train/predict.js';
import { EXIT } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { VISION_DEFAULTS } from '../../vision/options.js';
import type { GlobalArgs } from '../declarations/globals.js';
import type { PredictArgs } from '../declarations/predict.js';
import { foreignOf, warnOfGuess } from '../foreign_args.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';
import { cropHint } from '../whole_faces.js';
import { detect } from './detect.js';

/** `fer-tui predict`: classifies images. With --json, prints one line per image. Those that cannot be read are named, and decide the exit code. */
export async function predict(args: PredictArgs & GlobalArgs): Promise<number> {
  const { paths, top, tta, adapter, json } = args;
  if (args.detect) {
    const rest = {
      ...{ maxFaces: undefined, cascade: undefined, roi: undefined, csv: undefined },
      out: undefined,
      requireFace: false,
    };
    return detect({ ...VISION_DEFAULTS, ...rest, ...args, images: paths });
  }
  const { ensemble, predictions, unread, notes } = await predictImages({
    ...{ weights: args.weights, paths, tta, adapter },
    foreign: foreignOf(args),
  });
  warnOfGuess(ensemble, ensemble.members[0].path);
  const { classes } = ensemble;
  const rows = predictions.map(({ path, probabilities }) => {
    const ranked = probabilities
      .map((probability, i) => ({ label: classes[i] ?? String(i), probability }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, top);
    if (json) writeJson({ v: 1, type: 'prediction', path, top: ranked, probabilities });
    return [
      printable(path),
      ...ranked.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`),
    ];
  });
  for (const { path, why } of unread) {
    if (json) writeJson({ v: 1, type: 'unread', path, message: why });
    process.stderr.write(`${why}\n`);
  }
  for (const note of notes) process.stderr.write(`${note}\n`);
  if (!json) {
    const width = Math.max(...rows.map((row) => row.length)) - 1;
    process.stdout.write(table(['image', ...Array.from({ length: width }, (_, i) => `${i + 1}.`)], rows));
  }
  const hint = args.quiet ? undefined : await cropHint(predictions.map(({ path }) => path));
  if (hint !== undefined) process.stderr.write(`${hint}\n`);
  return unread.length === 0 || args.skipBad ? EXIT.done : EXIT.data;
}
