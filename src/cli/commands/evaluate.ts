import { parseFerplusKeep } from '../../data/ferplus.js';
import { type EvaluateResult, evaluateWeights } from '../../train/evaluate_weights.js';
import { confusions } from '../../train/metrics.js';
import { EXIT } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { DataReading } from '../data_args.js';
import type { EvaluateArgs } from '../declarations/evaluate.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { foreignOf, warnOfGuess } from '../foreign_args.js';
import { ProgressLine } from '../progress_line.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';
import { tryInputsOf } from './try_inputs.js';

/** `fer-tui evaluate`: measures a network on a split of a data set. */
export async function evaluate(args: EvaluateArgs & GlobalArgs): Promise<number> {
  const { preprocess } = args;
  if (preprocess === 'auto' || args.classes === 'auto') return tryInputsOf(args);
  const { data, split, limit, adapter, skipUnknown, tta, labels, ferplus } = args;
  const keep = parseFerplusKeep(args.ferplusKeep);
  const reading = new DataReading(args);
  const progress = new ProgressLine(args.quiet);
  const { members, ...result } = await evaluateWeights({
    ...{ weights: args.weights, data, split, limit, adapter, tta, skipUnknown },
    foreign: foreignOf({ ...args, preprocess }),
    load: {
      ...reading.forModel,
      labels,
      ...(ferplus !== undefined && { ferplus: { file: ferplus, targets: 'majority', keep } }),
    },
    onProgress: progress.show.bind(progress),
  }).finally(() => progress.close());
  const [first] = members;
  const weights = members.length === 1 ? first?.weights : members;
  warnOfGuess(result, first?.weights ?? '');
  const by = { labels, ferplus };
  if (args.json)
    writeJson({ v: 1, type: 'result', ...reading.json(), weights, data, ...by, split, tta, ...result });
  else process.stdout.write(report(result, split, [ferplus, labels]));
  return EXIT.done;
}

/** @param labels files that the labels come from, besides the data set */
function report(
  r: Omit<EvaluateResult, 'members'>,
  split: string,
  labels: readonly (string | undefined)[],
): string {
  const files = labels.filter((file) => file !== undefined);
  const by = files.length === 0 ? '' : ` with ${printable(files.join(' and '))}`;
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
  const classes = r.perClass.map(({ name, precision, recall, f1, support }) => [
    name,
    percent(precision),
    percent(recall),
    percent(f1),
    support.toLocaleString('en'),
  ]);
  const names = r.perClass.map(({ name }) => name);
  return [
    `${split}: ${r.count.toLocaleString('en')} images${by}, loss ${r.loss.toFixed(4)}, accuracy ${percent(r.accuracy)}, top-2 ${percent(r.top2)}, macro F1 ${percent(r.macroF1)}, calibration error ${percent(r.ece)}, by chance alone ${percent(r.eceByChance)}, ${Math.round(r.imgPerS).toLocaleString('en')} img/s`,
    '',
    table(['class', 'precision', 'recall', 'F1', 'images'], classes),
    ...confusionLines(r.confusion, names),
  ].join('\n');
}

/** A matrix of more classes is too wide to read. */
const WIDEST = 12;

function confusionLines(counts: EvaluateResult['confusion'], names: readonly string[]): string[] {
  if (names.length <= WIDEST) {
    const rows = names.map((name, i) => [name, ...(counts[i] ?? []).map(String)]);
    return ['confusion (row: true class, column: predicted)', table(['', ...names], rows)];
  }
  const rows = confusions(counts, names, 20).map(({ from, to, count, share }) => [
    `${from} → ${to}`,
    count.toLocaleString('en'),
    `${(100 * share).toFixed(1)} %`,
  ]);
  return ['the most frequent confusions (--json has the whole matrix)', table(['', 'images', 'share'], rows)];
}
