import { calibrate } from '../../ensemble/calibrate.js';
import type { ProbabilityMetrics } from '../../train/metrics.js';
import { weightsPath } from '../../train/shipped_models.js';
import { withTta } from '../../train/tta.js';
import { EXIT } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { DataReading } from '../data_args.js';
import type { CalibrateArgs } from '../declarations/calibrate.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { foreignOf } from '../foreign_args.js';
import { ownFile } from '../own_file.js';
import { ProgressLine } from '../progress_line.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** `fer-tui calibrate`: fits a temperature on the validation images and stores it in the model file. */
export async function calibrateFile(args: CalibrateArgs & GlobalArgs): Promise<number> {
  const { file, data, limit, seed, adapter, skipUnknown, tta } = args;
  const weights = weightsPath(file);
  const out = args.out ?? ownFile(weights);
  const reading = new DataReading(args);
  const progress = new ProgressLine(args.quiet);
  const found = await calibrate({
    ...{ weights, out, data, limit, seed, adapter, skipUnknown, tta },
    foreign: foreignOf(args),
    load: reading.forModel,
    onProgress: progress.show.bind(progress),
  }).finally(() => progress.close());
  const { temperature, atLimit, count, before, after, crossFitted, balanceDropped } = found;
  if (args.json) {
    const rows = { before: numbers(before), after: numbers(after), crossFitted: numbers(crossFitted) };
    writeJson({
      v: 1,
      type: 'result',
      ...reading.json(),
      weights,
      out,
      data,
      tta,
      temperature,
      atLimit,
      count,
      balanceDropped,
      ...rows,
    });
    return EXIT.done;
  }
  const row = (name: string, { loss, ece, accuracy }: ProbabilityMetrics): string[] => [
    name,
    loss.toFixed(4),
    `${(100 * ece).toFixed(2)} %`,
    `${(100 * accuracy).toFixed(2)} %`,
  ];
  const rows = [
    row('before', before),
    row('after, on the images fitted on', after),
    row('after, cross-fitted', crossFitted),
  ];
  const limitNote = atLimit ? ' (the limit; the best temperature lies beyond it)' : '';
  const dropped = balanceDropped
    ? 'the balance in the file was dropped, because it belonged to the former temperature; "fer-tui balance" fits a new one\n'
    : '';
  process.stdout.write(
    `temperature ${temperature.toFixed(4)}${limitNote}, fitted on ${count.toLocaleString('en')} validation images${withTta(tta)}\n\n${table(['', 'loss', 'calibration error', 'accuracy'], rows)}\n${dropped}${printable(out)}\n`,
  );
  return EXIT.done;
}

const numbers = ({ loss, ece, accuracy }: ProbabilityMetrics) => ({ loss, ece, accuracy });
