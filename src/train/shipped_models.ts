import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import { leadsNowhere } from '../util/system_reason.js';
import type { ClassMetrics, ProbabilityMetrics } from './metrics.js';
import { listRuns } from './runs.js';

/**
 * The networks that come with fer-tui: `models/NAME.h5`, trained by `npm run reproduce -- NAME`. `models/NAME.json` holds
 * the measurements; the model card `models/README.md` is generated from it.
 */
export const MODELS = fileURLToPath(new URL('../../models/', import.meta.url));

/** The network that is used when none is named: the best on faces that a camera finds, in any light. */
export const DEFAULT_NETWORK = 'fer-vgg-robust';
/** How many runs an error lists. */
const LISTED = 4;

/** The metrics of a network on a split. */
export interface CardEvaluation extends ProbabilityMetrics {
  readonly count: number;
  readonly macroF1: number;
  readonly perClass: readonly ClassMetrics[];
}

/** How one part of a recipe was trained. */
export interface TrainedPart {
  /** The settings, as in a run's config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The commit whose kernels trained it. */
  readonly commit: string;
  readonly adapter: string;
  readonly cpu: string;
  /** Seconds of all epochs. */
  readonly seconds: number;
  readonly images: number;
  /** The epoch whose weights were kept. */
  readonly bestEpoch: number;
  /** Whether that is simply the last one, whatever the recipe's metric says. */
  readonly kept?: 'last';
  readonly history: readonly {
    readonly epoch: number;
    readonly loss: number;
    readonly acc: number;
    readonly valLoss: number;
    readonly valAcc: number;
    readonly lr: number;
  }[];
}

/** The measurements of a shipped network, as `scripts/reproduce.mjs` writes them. */
export interface ModelCard {
  readonly name: string;
  readonly parameters: number;
  /** Floating-point operations of a forward pass of one image; a multiply-add counts as two. */
  readonly flop: number;
  /** Bytes of the `.h5`. */
  readonly bytes: number;
  /** The parts of its recipe, in order. Each starts with the weights that the part before kept. */
  readonly parts: readonly TrainedPart[];
  /** The temperature that its last layer holds, and the calibration error without it and with it. None: not calibrated. */
  readonly calibration?: {
    readonly temperature: number;
    readonly before: number;
    readonly crossFitted: number;
  };
  /** What the same recipe reaches with other seeds, in the epoch that it keeps; `scripts/spread.mjs` writes it. */
  readonly spread?: readonly {
    readonly seed: number;
    readonly bestEpoch: number;
    readonly valAcc: number;
    readonly valLoss: number;
  }[];
  /** Metrics on the validation split, for each kind of test-time augmentation. */
  readonly validation: { readonly none: CardEvaluation; readonly flip: CardEvaluation };
  /** Its probabilities for `drawnFaces()`: a test compares them, to notice a changed file or wrong kernels. */
  readonly drawn: readonly (readonly number[])[];
}

/** Names of the shipped networks. */
export function shippedModels(): string[] {
  if (!existsSync(MODELS)) return [];
  return readdirSync(MODELS)
    .filter((name) => name.endsWith('.h5'))
    .map((name) => basename(name, '.h5'));
}

/** Throws RunError when there is no such network. */
export function readCard(name: string): ModelCard {
  try {
    return JSON.parse(readFileSync(join(MODELS, `${name}.json`), 'utf8')) as ModelCard;
  } catch (cause) {
    throw new RunError(`no card of "${name}"; fer-tui comes with ${shippedModels().join(', ')}`, { cause });
  }
}

/**
 * Resolves `--weights`: a path, the name of a shipped network, a run's folder or name (its best weights), or nothing for the
 * default network. Throws RunError when no network is shipped; the message lists the user's own runs. Throws it also for a
 * name that is none of these but nearly one.
 */
export function weightsPath(given: string | undefined): string {
  const shipped = shippedModels();
  const name = given ?? (shipped.includes(DEFAULT_NETWORK) ? DEFAULT_NETWORK : shipped[0]);
  if (name === undefined) {
    throw new RunError(`no --weights were given, and no networks are shipped; ${trainedHere()}`);
  }
  if (shipped.includes(name) && !existsSync(name)) return join(MODELS, `${name}.h5`);
  const path = runWeights(name) ?? name;
  const near =
    existsSync(path) || leadsNowhere(path)
      ? undefined
      : nearest(name, [...shipped, ...listRuns().map((run) => run.name)]);
  if (near === undefined) return path;
  throw new RunError(`weights ${name}: there is no such file, network or run; did you mean "${near}"?`);
}

/** The best weights of a run, by its folder or its name in `runs`; else the last ones. Undefined if it is no run. */
function runWeights(name: string): string | undefined {
  const folder = [name, join('runs', name)].find((path) => existsSync(join(path, 'events.ndjson')));
  if (folder === undefined) return undefined;
  const files = ['best.safetensors', 'last.safetensors'].map((file) => join(folder, file));
  return files.find((file) => existsSync(file)) ?? files[0];
}

/** Names the weights of the user's own runs. */
function trainedHere(): string {
  const runs = listRuns()
    .map((run) => ({ ...run, file: join(run.path, 'best.safetensors') }))
    .filter(({ file }) => existsSync(file))
    .slice(0, LISTED)
    .map(({ file, model, best }) => {
      const accuracy = best === null ? '' : `, ${(100 * best.acc).toFixed(1)} %`;
      return `--weights ${file} (${model}${accuracy})`;
    });
  return runs.length > 0
    ? `trained here: ${runs.join(', ')}`
    : 'nothing was trained here yet: fer-tui train --data FER-2013';
}
