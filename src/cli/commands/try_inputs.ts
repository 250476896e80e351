import { isFitted } from '../../data/preprocess.js';
import { weightsPath } from '../../train/shipped_models.js';
import { type InputTrial, type InputTrials, tryInputs } from '../../train/try_inputs.js';
import { EXIT, UsageError } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { shellWord } from '../../util/shell_word.js';
import { DataReading } from '../data_args.js';
import type { EvaluateArgs } from '../declarations/evaluate.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { foreignOf } from '../foreign_args.js';
import { ProgressLine } from '../progress_line.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** The verdict counts as sure if the p-value is below this. */
const SURE = 0.01;

/** `fer-tui evaluate --preprocess auto`: tries preprocessings and orders of the classes, and says which fits best. */
export async function tryInputsOf(args: EvaluateArgs & GlobalArgs): Promise<number> {
  const { data, split, limit, adapter } = args;
  const [file, more] = args.weights ?? [];
  if (more !== undefined || args.tta !== 'none' || args.skipUnknown) {
    throw new UsageError(
      'auto tries one network on plain images: give one --weights, no --tta and no --skip-unknown',
    );
  }
  const weights = weightsPath(file);
  const preprocess = args.preprocess === 'auto' ? undefined : args.preprocess;
  const classes = args.classes === 'auto' ? undefined : args.classes;
  const reading = new DataReading({ ...args, classes });
  const progress = new ProgressLine(args.quiet);
  const found = await tryInputs({
    ...{ weights, data, split, limit, adapter },
    foreign: foreignOf({ ...args, preprocess, classes }),
    load: reading.forModel,
    onProgress: progress.show.bind(progress),
  }).finally(() => progress.close());
  if (args.json) {
    const { trials, ...rest } = found;
    const plain = trials.map(({ order, ...trial }) => ({
      ...trial,
      classes: order.classes,
      order: order.name,
    }));
    const sure = isSure(found);
    writeJson({
      v: 1,
      type: 'result',
      ...reading.json(),
      weights,
      data,
      split,
      ...rest,
      sure,
      trials: plain,
    });
  } else {
    process.stdout.write(report(found, `${file ?? weights}`, data));
  }
  return EXIT.done;
}

const isSure = ({ pValue }: InputTrials): boolean => pValue < SURE;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function report(found: InputTrials, weights: string, data: string): string {
  const { trials, count, guess, untried } = found;
  const rows = trials.map(({ preprocess, order, accuracy, loss }) => [
    preprocess,
    order.name,
    percent(accuracy),
    loss.toFixed(3),
  ]);
  const left =
    untried.length === 0
      ? ''
      : `not tried, because the data have no training images: ${untried.join(', ')}\n`;
  return `${count.toLocaleString('en')} images; always answering the most frequent class is right in ${percent(guess)}\n\n${table(
    ['preprocessing', 'order of classes', 'accuracy', 'loss'],
    rows,
  )}\n${left}${verdict(found)}\n${printable(command(trials[0], weights, data))}\n`;
}

/** How sure it is. */
function verdict(found: InputTrials): string {
  const { trials, guess, pValue, count } = found;
  const [best, next] = trials;
  const named = (trial: InputTrial): string => `${trial.preprocess}, ${trial.order.name}`;
  if (best.accuracy <= guess) {
    return 'none is better than guessing: the network was trained on other classes, or expects other pictures';
  }
  if (next === undefined) return `only ${named(best)} was tried`;
  const by = `${percent(best.accuracy)} against ${percent(next.accuracy)} for ${named(next)}`;
  if (isSure(found)) return `${named(best)} fits best: ${by}`;
  return `${named(best)} is the most accurate, but it is not sure: ${by}, which ${count.toLocaleString('en')} images do not tell apart (p = ${pValue.toFixed(2)}); try more with --limit, or ask who trained it`;
}

function command({ preprocess, order }: InputTrial, weights: string, data: string): string {
  const classes = ['given', 'alphabetical'].includes(order.name)
    ? ''
    : ` --classes ${shellWord(order.option)}`;
  const words = `--data ${shellWord(data)} --preprocess ${preprocess}${classes}`;
  const evaluate = `fer-tui evaluate --weights ${shellWord(weights)} ${words}`;
  // The numbers of the training images are in no file yet.
  return isFitted(preprocess)
    ? `${evaluate}\nfer-tui export ${shellWord(weights)} ${words} --to h5`
    : evaluate;
}
