import { predictImages } from '../../train/predict.js';
import { weightsPath } from '../../train/shipped_models.js';
import type { Tta } from '../../train/tta.js';
import { EXIT } from '../../util/errors.js';
import { VISION_DEFAULTS } from '../../vision/options.js';
import { type ForeignArgs, foreignOf, warnOfGuess } from '../foreign_args.js';
import type { GlobalArgs } from '../global_args.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';
import { detect } from './detect.js';

export interface PredictArgs extends ForeignArgs {
  readonly paths: readonly string[];
  readonly weights?: string;
  readonly top: number;
  readonly tta: Tta;
  readonly adapter?: string;
  /** The images are photographs, in which faces are found first. */
  readonly detect: boolean;
}

/** `fer-tui predict`: what a network says about images; with --json a line for each. */
export async function predict(args: PredictArgs & GlobalArgs): Promise<number> {
  const { paths, top, tta, adapter, json } = args;
  if (args.detect) return detect({ ...VISION_DEFAULTS, ...args, images: paths, requireFace: false });
  const weights = weightsPath(args.weights);
  const { saved, predictions } = await predictImages({
    ...{ weights, paths, tta, adapter },
    foreign: foreignOf(args),
  });
  warnOfGuess(saved, weights);
  const { classes } = saved;
  const rows = predictions.map(({ path, probabilities }) => {
    const ranked = probabilities
      .map((probability, i) => ({ label: classes[i] ?? String(i), probability }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, top);
    if (json) writeJson({ v: 1, type: 'prediction', path, top: ranked, probabilities });
    return [path, ...ranked.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`)];
  });
  if (!json) {
    const width = Math.max(...rows.map((row) => row.length)) - 1;
    process.stdout.write(table(['image', ...Array.from({ length: width }, (_, i) => `${i + 1}.`)], rows));
  }
  return EXIT.done;
}
