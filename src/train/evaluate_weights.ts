import { openEnsemble, vote } from './ensemble.js';
import {
  type ClassMetrics,
  classMetrics,
  macroF1,
  type ProbabilityMetrics,
  probabilityMetrics,
} from './metrics.js';
import { collectVotes, type VoteOptions } from './votes.js';
import type { ForeignModel } from './weights.js';

/** What `evaluateWeights` evaluates. */
export interface EvaluateOptions extends VoteOptions {
  /** Model files of any supported format, shipped networks, runs, or one ensemble file; default: the default network. */
  readonly weights?: string | readonly string[] | undefined;
  /** For files that fer-tui did not write. */
  readonly foreign?: ForeignModel;
}

/** What `evaluateWeights` finds. */
export interface EvaluateResult extends ProbabilityMetrics {
  /** Images. */
  readonly count: number;
  /** The networks that voted; one, unless it is an ensemble. */
  readonly members: readonly {
    /** Its file. */
    readonly weights: string;
    /** Of the vote; all add up to 1. */
    readonly share: number;
  }[];
  /** Class names in the model's order, and whether they are a guess. */
  readonly classes: readonly string[];
  /** Whether the order of the classes is a guess. */
  readonly classesGuessed: boolean;
  /** Files that end in plain numbers, to which a softmax was added. */
  readonly softmaxAdded: readonly string[];
  /** Mean F1 of the classes that have images. */
  readonly macroF1: number;
  /** Precision, recall and F1 of each class. */
  readonly perClass: readonly ClassMetrics[];
  /** Images a second. */
  readonly imgPerS: number;
}

/**
 * Evaluates a model file, or the soft vote of several, on a data set. Classes are matched by name. Throws RunError, DataError,
 * NoGpuError.
 */
export async function evaluateWeights(options: EvaluateOptions): Promise<EvaluateResult> {
  const ensemble = await openEnsemble(options.weights, options.foreign);
  const { votes, labels, imgPerS } = await collectVotes(ensemble, options);
  const { members, classes, classesGuessed, softmaxAdded } = ensemble;
  const metrics = probabilityMetrics(vote(ensemble, votes), labels, classes.length);
  const perClass = classMetrics(metrics.confusion, classes);
  return {
    ...{ ...metrics, classes, classesGuessed, softmaxAdded, count: labels.length, perClass },
    ...{ macroF1: macroF1(perClass), imgPerS },
    members: members.map(({ path, share }) => ({ weights: path, share })),
  };
}
