import { basename, dirname } from 'node:path';
import { buildEnsemble, type EnsembleReport } from '../../ensemble/build_ensemble.js';
import type { ProbabilityMetrics } from '../../train/metrics.js';
import { EXIT } from '../../util/errors.js';
import { printable } from '../../util/printable.js';
import { DataReading } from '../data_args.js';
import type { EnsembleArgs } from '../declarations/ensemble.js';
import type { GlobalArgs } from '../declarations/globals.js';
import { foreignOf, warnOfGuess } from '../foreign_args.js';
import { ProgressLine } from '../progress_line.js';
import { writeJson } from '../run_command.js';
import { table } from '../table.js';

/** `fer-tui ensemble`: fits the shares of a vote on the validation images, and reports what each member adds. */
export async function ensemble(args: EnsembleArgs & GlobalArgs): Promise<number> {
  const { weights, out, method, rounds, tta, data, limit, seed, adapter, skipUnknown } = args;
  const reading = new DataReading(args);
  const progress = new ProgressLine(args.quiet);
  const report = await buildEnsemble({
    ...{ weights, out, method, rounds, tta, data, limit, seed, adapter, skipUnknown },
    foreign: foreignOf(args),
    load: reading.forModel,
    onProgress: progress.show.bind(progress),
  }).finally(() => progress.close());
  warnOfGuess(report, report.weights.join(', '));
  if (args.json)
    writeJson({ v: 1, type: 'result', ...reading.json(), out, data, method, tta, ...plain(report) });
  else process.stdout.write(`${text(report, method)}${out === undefined ? '' : `\n${printable(out)}\n`}`);
  return EXIT.done;
}

const numbers = ({ loss, accuracy, ece }: ProbabilityMetrics) => ({ loss, accuracy, ece });

/** The report with the numbers that a comparison needs, without confusion matrices. */
function plain({ weights, members, votes, calibration, count }: EnsembleReport) {
  const { temperature, atLimit, before, after, crossFitted } = calibration;
  return {
    count,
    members: members.map(({ alone, without }, m) => ({
      ...{ weights: weights[m], alone: numbers(alone), without: without && numbers(without) },
    })),
    votes: votes.map((vote) => ({
      ...{ method: vote.method, shares: vote.shares, after: numbers(vote.after) },
      crossFitted: numbers(vote.crossFitted),
    })),
    calibration: {
      ...{ temperature, atLimit, before: numbers(before) },
      ...{ after: numbers(after), crossFitted: numbers(crossFitted) },
    },
  };
}

function text({ weights, members, votes, calibration, count }: EnsembleReport, method: string): string {
  const percent = (x: number): string => `${(100 * x).toFixed(2)} %`;
  const row = ({ loss, accuracy, ece }: ProbabilityMetrics): string[] => [
    percent(accuracy),
    loss.toFixed(4),
    percent(ece),
  ];
  const signed = (x: number, digits: number): string => `${x >= 0 ? '+' : '-'}${Math.abs(x).toFixed(digits)}`;
  const whole = votes.find((vote) => vote.method === 'fitted')?.after;
  const alone = members.map(({ alone: own, without }, m) => [
    nameOf(weights[m] ?? ''),
    ...row(own),
    ...votes.map(({ shares }) => percent(shares[m] ?? 0)),
    without && whole ? signed(100 * (without.accuracy - whole.accuracy), 2) : '',
    without && whole ? signed(without.loss - whole.loss, 4) : '',
  ]);
  const together = votes.flatMap((vote) => [
    [`${vote.method} shares`, ...row(vote.after)],
    ...(vote.method === 'equal' ? [] : [[`${vote.method} shares, cross-fitted`, ...row(vote.crossFitted)]]),
  ]);
  const { temperature, after, crossFitted } = calibration;
  const calibrated = [
    [`${method}, temperature ${temperature.toFixed(4)}`, ...row(after)],
    [`${method} and temperature, cross-fitted`, ...row(crossFitted)],
  ];
  const measures = ['accuracy', 'loss', 'calibration error'];
  return [
    `${count.toLocaleString('en')} validation images\n`,
    table(
      [...['member', ...measures, ...votes.map((vote) => vote.method)], ...['without it: points', 'loss']],
      alone,
    ),
    table(['vote', ...measures], [...together, ...calibrated]),
    'Cross-fitted: measured on images that shares and temperature were not fitted on.\n',
  ].join('\n');
}

/** A member's file; with its run, where its own name tells nothing. */
function nameOf(path: string): string {
  const name = basename(path);
  return /^(best|last)\.|^epoch-/.test(name) ? `${basename(dirname(path))}/${name}` : name;
}
