import { resolve } from 'node:path';
import { listOf } from '../data/class_names.js';
import { sameClass } from '../util/classes.js';
import { RunError } from '../util/errors.js';
import { isEnsembleFile, readEnsembleFile } from './ensemble_file.js';
import type { SavedModel } from './model_file.js';
import { weightsPath } from './shipped_models.js';
import { tempered } from './temperature.js';
import { type ForeignModel, openModel } from './weights.js';

/** A network that votes. */
export interface Member {
  /** Its file. */
  readonly path: string;
  readonly saved: SavedModel;
  /** Its share of the vote; all shares add up to 1. */
  readonly share: number;
  /** For each class of the ensemble, the index of the member's output. */
  readonly outputs: readonly number[];
}

/**
 * Networks that classify by soft vote: their probabilities are averaged, each with its share. A single network is an ensemble
 * of one. Members may differ in architecture, input size, preprocessing and order of the classes.
 */
export interface Ensemble {
  readonly members: readonly [Member, ...Member[]];
  /** Class names in the order of the first member. */
  readonly classes: readonly string[];
  /** Whether the class names of a member are a guess. */
  readonly classesGuessed: boolean;
  /** Files that end in plain numbers, to which a softmax was added. */
  readonly softmaxAdded: readonly string[];
  /** Applied to the mixed probabilities. */
  readonly temperature: number;
}

interface Entry {
  readonly path: string;
  readonly share: number;
  readonly foreign: ForeignModel;
}

/**
 * Opens what `--weights` names: model files, shipped networks or runs, which vote with equal shares; or one ensemble file.
 * @param given as typed; none: the default network
 * @param foreign describes files that fer-tui has not written. Of a single file, it overrides what the file says.
 * Throws RunError when a file cannot be read, or the classes of two members differ.
 */
export async function openEnsemble(
  given: string | readonly string[] | undefined,
  foreign: ForeignModel = {},
): Promise<Ensemble> {
  const { entries, temperature } = entriesOf(typeof given === 'string' ? [given] : (given ?? []), foreign);
  const total = entries.reduce((sum, { share }) => sum + share, 0);
  const opened: Member[] = [];
  for (const { path, share, foreign: own } of entries) {
    const saved = await openModel(path, own);
    const classes = opened[0]?.saved.classes ?? saved.classes;
    opened.push({ path, saved, share: share / total, outputs: outputsFor(classes, saved, path, opened[0]) });
  }
  const [first, ...rest] = opened as [Member, ...Member[]];
  return {
    members: [first, ...rest],
    classes: first.saved.classes,
    classesGuessed: opened.some(({ saved }) => saved.classesGuessed === true),
    softmaxAdded: opened.filter(({ saved }) => saved.softmaxAdded === true).map(({ path }) => path),
    temperature,
  };
}

/** An ensemble of one. @param path names it in messages */
export function ensembleOfOne(saved: SavedModel, path: string): Ensemble {
  const { classes, classesGuessed = false, softmaxAdded = false } = saved;
  const member = { path, saved, share: 1, outputs: classes.map((_, c) => c) };
  return {
    ...{ members: [member], classes, classesGuessed, temperature: 1 },
    softmaxAdded: softmaxAdded ? [path] : [],
  };
}

/** Throws RunError where two of several paths name one file. */
export function requireOnce(paths: readonly string[]): void {
  const files = paths.map((path) => resolve(path));
  const again = paths.find((_, i) => files.indexOf(files[i] as string) < i);
  if (again !== undefined) throw new RunError(`${again} is given twice; expected each network once`);
}

function entriesOf(
  given: readonly string[],
  foreign: ForeignModel,
): { entries: readonly Entry[]; temperature: number } {
  const paths = given.length === 0 ? [weightsPath(undefined)] : given.map(weightsPath);
  const file = paths.find(isEnsembleFile);
  if (file === undefined) {
    requireOnce(paths);
    const several = paths.length > 1;
    const own = several ? { ...foreign, onlyMissing: true } : foreign;
    return { entries: paths.map((path) => ({ path, share: 1, foreign: own })), temperature: 1 };
  }
  if (paths.length > 1) throw new RunError(`${file} is an ensemble; give it alone, or its members instead`);
  const { members, temperature } = readEnsembleFile(file);
  // A member without a share would only cost time.
  const voting = members.filter(({ share }) => share > 0);
  return {
    entries: voting.map(({ weights, share, model, preprocess, classes }) => ({
      path: weightsPath(weights),
      share,
      foreign: { architecture: model, preprocess, classes },
    })),
    temperature,
  };
}

function outputsFor(
  classes: readonly string[],
  saved: SavedModel,
  path: string,
  first: Member | undefined,
): readonly number[] {
  const outputs = classes.map((name) => saved.classes.findIndex((own) => sameClass(own, name)));
  if (saved.classes.length === classes.length && !outputs.includes(-1)) return outputs;
  throw new RunError(
    `${path} knows the classes ${listOf(saved.classes)}, but ${first?.path} knows ${listOf(classes)}; the members of an ensemble must know the same`,
  );
}

/** A member's probabilities [N, classes], in the order of the ensemble's classes. */
export function inOrder(probabilities: Float32Array, outputs: readonly number[]): Float32Array {
  if (outputs.every((output, c) => output === c)) return probabilities;
  const classes = outputs.length;
  return probabilities.map(
    (_, i) => probabilities[i - (i % classes) + (outputs[i % classes] as number)] ?? 0,
  );
}

/** Probabilities of several voters [N, classes], averaged with their shares. @param shares one a voter, with the sum 1 */
export function mixed(votes: readonly Float32Array[], shares: readonly number[]): Float32Array {
  const [first] = votes;
  if (first === undefined || (votes.length === 1 && shares[0] === 1)) return first ?? new Float32Array(0);
  return first.map((_, i) =>
    votes.reduce((sum, vote, m) => sum + (shares[m] as number) * (vote[i] as number), 0),
  );
}

/** What an ensemble says: the votes of its members, mixed and tempered. @param votes in the order of its members */
export function vote(
  { members, classes, temperature }: Ensemble,
  votes: readonly Float32Array[],
): Float32Array {
  const shares = members.map(({ share }) => share);
  return tempered(mixed(votes, shares), classes.length, temperature);
}
