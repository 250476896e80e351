import { type BalancePoint, balance, type WantedRecall } from '../../ensemble/balance.js';
import { weightsPath } from '../../train/shipped_models.js';
import { withTta } from '../../train/tta.js';
import { EXIT, UsageError } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { DataReading } from '../data_args.js';
import type { BalanceArgs } from '../declarations/balance.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { foreignOf } from '../foreign_args.js';
import { ownFile } from '../own_file.js';
import { ProgressLine } from '../progress_line.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** `fer-tui balance`: fits offsets of classes on the validation images and stores them in the model file. */
export async function balanceFile(args: BalanceArgs & GlobalArgs): Promise<number> {
  const { file, data, limit, seed, adapter, skipUnknown, strength, tta } = args;
  if (!(strength >= 0 && strength <= 1)) {
    throw new UsageError(`--strength ${strength}: expected a number from 0 to 1`);
  }
  const weights = weightsPath(file);
  const out = args.out ?? ownFile(weights);
  const reading = new DataReading(args);
  const progress = new ProgressLine(args.quiet);
  const found = await balance({
    ...{ weights, out, data, limit, seed, adapter, skipUnknown, strength, tta },
    recall: parseRecall(args.recall),
    foreign: foreignOf(args),
    load: reading.forModel,
    onProgress: progress.show.bind(progress),
  }).finally(() => progress.close());
  if (args.json) {
    writeJson({ v: 1, type: 'result', ...reading.json(), weights, out, data, tta, strength, ...found });
    return EXIT.done;
  }
  const { classes, offsets, count, curve, crossFitted } = found;
  const row = (name: string, { accuracy, macroRecall, recalls }: BalancePoint): string[] => [
    name,
    ...[accuracy, macroRecall, ...recalls].map((share) => `${(100 * share).toFixed(1)} %`),
  ];
  const rows = [
    ...curve.map((point) => row(`strength ${point.strength}`, point)),
    row('strength 1, cross-fitted', crossFitted),
  ];
  const names = classes.map(printable);
  const raised = offsets.flatMap((by, c) => (by === 0 ? [] : [`${names[c]} +${(strength * by).toFixed(3)}`]));
  process.stdout.write(
    `offsets ${raised.join(', ') || 'none: the recalls are reached already'}, fitted on ${count.toLocaleString('en')} validation images${withTta(tta)}\n\n${table(['recall', 'accuracy', 'mean recall', ...names], rows)}\n${printable(out)}\n`,
  );
  return EXIT.done;
}

/** `Fear=55,Disgust=60`. Throws UsageError. */
function parseRecall(text: string): WantedRecall[] {
  const result: WantedRecall[] = [];
  for (const part of text.split(',')) {
    const [name = '', percent = '', more] = part.split('=').map((word) => word.trim());
    const share = percent === '' ? Number.NaN : Number(percent);
    const right =
      name !== '' &&
      share > 0 &&
      share <= 100 &&
      more === undefined &&
      !result.some((one) => one.name === name);
    if (!right) {
      throw new UsageError(
        `--recall ${text}: expected each class once with a number above 0, up to 100, such as Fear=55,Disgust=60`,
      );
    }
    result.push({ name, recall: share / 100 });
  }
  return result;
}
