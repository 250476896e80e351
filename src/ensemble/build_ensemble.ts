import { existsSync } from 'node:fs';
import { openEnsemble } from '../train/ensemble.js';
import { fromEnsemble, isEnsembleFile, readEnsembleFile, writeEnsembleFile } from '../train/ensemble_file.js';
import { collectVotes, type VoteOptions } from '../train/votes.js';
import type { ForeignModel } from '../train/weights.js';
import { needPlace } from '../util/atomic_write.js';
import { UsageError } from '../util/errors.js';
import { type Comparison, compareVotes, type Vote } from './compare.js';
import { requireEnough } from './cross_fit.js';
import type { Method } from './methods.js';

/** Which networks vote, on what their shares are fitted, and how. */
export interface EnsembleOptions extends Omit<VoteOptions, 'split'> {
  /** Model files, shipped networks or runs. */
  readonly weights: readonly string[];
  readonly foreign?: ForeignModel;
  /** Whose shares are written. */
  readonly method: Method;
  /** Of greedy selection. */
  readonly rounds: number;
  /** Seed of the two halves of cross-fitting. */
  readonly seed: number;
  /** File to write; default: none. */
  readonly out: string | undefined;
}

/** What voting together gains, on how many images. */
export interface EnsembleReport extends Comparison {
  /** Paths of the members. */
  readonly weights: readonly string[];
  readonly count: number;
  readonly classesGuessed: boolean;
  /** Members that end in plain numbers, to which a softmax was added. */
  readonly softmaxAdded: readonly string[];
}

/**
 * Fits the shares and the temperature of a soft vote on the validation images, compares it with others, and writes an ensemble
 * file. Throws UsageError, RunError, DataError, NoGpuError.
 */
export async function buildEnsemble(options: EnsembleOptions): Promise<EnsembleReport> {
  const { weights, method, rounds, seed, out, tta = 'none', foreign } = options;
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 10_000)
    throw new UsageError(`--rounds ${rounds}: expected a whole number from 1 to 10000`);
  if (out !== undefined && !isEnsembleFile(out))
    throw new UsageError(`--out ${out}: expected a name that ends in .json, because an ensemble file is one`);
  if (out !== undefined) {
    needPlace(out);
    refuseForeign(out);
  }
  const ensemble = await openEnsemble(weights, foreign);
  const { votes, labels, data } = await collectVotes(ensemble, { ...options, split: 'validation' });
  requireEnough(labels.length);
  const report = compareVotes({ votes, labels, classes: ensemble.classes.length }, { method, rounds, seed });
  const { members, classesGuessed, softmaxAdded } = ensemble;
  if (out !== undefined) {
    const { shares } = report.votes.find((vote) => vote.method === method) as Vote;
    writeEnsembleFile(out, {
      members: members.map(({ path, saved }, m) => ({
        weights: fromEnsemble(out, weights[m] ?? path),
        share: shares[m] as number,
        // A file of fer-tui says this itself.
        ...(saved.foreign && {
          model: foreign?.architecture && fromEnsemble(out, foreign.architecture),
          preprocess: saved.preprocess.name,
          classes: saved.classes,
        }),
      })),
      temperature: report.calibration.temperature,
      fitted: { method, data, split: 'validation', images: labels.length, tta },
    });
  }
  return {
    ...report,
    weights: members.map(({ path }) => path),
    count: labels.length,
    classesGuessed,
    softmaxAdded,
  };
}

/** Throws UsageError where a file would be overwritten that is no ensemble, such as the settings of a run. */
function refuseForeign(out: string): void {
  if (!existsSync(out)) return;
  try {
    readEnsembleFile(out);
  } catch (cause) {
    throw new UsageError(`--out ${out}: the file exists and is no ensemble; choose another name`, { cause });
  }
}
