import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadDataset } from '../data/load.js';
import type { Split } from '../data/types.js';
import { openGpu } from '../gpu/device.js';
import { Learner } from '../nn/learner.js';
import type { ModelSummary } from '../nn/network.js';
import { FACE_SIZE } from '../util/classes.js';
import { FerError, RunError } from '../util/errors.js';
import type { Picture } from '../util/picture.js';
import { mapLabels } from './class_mapping.js';
import { dataOptions } from './data_options.js';
import { predictSplit } from './evaluation.js';
import { readLog } from './event_log.js';
import type { EpochEvent, ErrorEvent, NoteEvent, StartEvent, TrainEvent } from './events.js';
import { type FilterPictures, firstFilters } from './filter_pictures.js';
import {
  type ClassMetrics,
  classMetrics,
  macroF1,
  type ProbabilityMetrics,
  probabilityMetrics,
  type ReliabilityBin,
  reliability,
} from './metrics.js';
import { type Mistake, mistakes } from './mistakes.js';
import { loadModel, type SavedModel } from './model_file.js';
import { readRunConfig } from './run_folder.js';
import type { RunReport } from './runs.js';
import { requireFit } from './weights.js';

/** A part of a review, or why there is none. */
export type Found<T> = { readonly value: T } | { readonly missing: string };

/** Everything that is known about a run: from its folder, and where its data can be read, from its weights on them. */
export interface RunReview {
  readonly run: RunReport;
  /** The start of each session: the first, and one for each time the run was resumed. */
  readonly sessions: readonly [StartEvent, ...StartEvent[]];
  /** What happened on the way, in order: resumes, pauses, changed learning rates, errors. */
  readonly incidents: readonly Incident[];
  /** The settings as the run has recorded them. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The epoch that the weights come from; undefined before the first. */
  readonly epoch: EpochEvent | undefined;
  readonly weights: Found<ReviewedWeights>;
  readonly evaluation: Found<ReviewedEvaluation>;
}

/** A message of the log. */
export interface Incident {
  /** Complete epochs before it. */
  readonly epochs: number;
  readonly kind: NoteEvent['kind'] | 'error';
  readonly message: string;
}

/** The weights that a run has kept. */
export interface ReviewedWeights {
  /** `best.safetensors`, or where there is none, `last.safetensors`. */
  readonly file: string;
  readonly classes: readonly string[];
  readonly network: ModelSummary;
  readonly filters: FilterPictures | undefined;
}

/** The weights on the validation images. */
export interface ReviewedEvaluation extends ProbabilityMetrics {
  /** Name of the data set. */
  readonly data: string;
  /** Name of the adapter that evaluated. */
  readonly adapter: string;
  readonly count: number;
  readonly perClass: readonly ClassMetrics[];
  readonly macroF1: number;
  readonly bins: readonly ReliabilityBin[];
  /** Wrong answers, the most confident first. */
  readonly mistakes: readonly ShownMistake[];
  /** Number of wrong answers. */
  readonly wrong: number;
}

/** A wrong answer with its face. */
export interface ShownMistake extends Mistake {
  readonly picture: Picture;
  /** Probability of the true class. */
  readonly own: number;
}

export interface ReviewOptions {
  /** Where the data are now; default: where the run found them. */
  readonly data?: string | undefined;
  /** Part of the name of the adapter. */
  readonly adapter?: string | undefined;
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

/** How many mistakes are kept. */
const MISTAKES = 16;

/** Reviews a run. Throws RunError when its log has no start: then nothing is known about it. */
export async function reviewRun(run: RunReport, options: ReviewOptions = {}): Promise<RunReview> {
  const { events } = readLog(join(run.path, 'events.ndjson'));
  const [first, ...later] = events.filter((event) => event.type === 'start');
  if (first === undefined) {
    const why = run.damagedAfter === null ? 'its log is empty' : 'its log is damaged from the first line on';
    throw new RunError(
      `${run.path}: ${why}, so nothing is known about the run; expected an events.ndjson that begins with a start event`,
    );
  }
  const config = configOf(run.path, first);
  const opened = attempt(() => openWeights(run.path));
  const last = 'value' in opened && opened.value.file === 'last.safetensors';
  return {
    ...{ run, config, sessions: [first, ...later], incidents: incidentsOf(events) },
    epoch: run.epochs.findLast(({ best }) => best || last) ?? run.epochs.at(-1),
    weights: 'missing' in opened ? opened : { value: reviewedWeights(opened.value) },
    evaluation:
      'missing' in opened ? opened : await attemptAsync(() => evaluated(opened.value, config, options)),
  };
}

function configOf(path: string, { config }: StartEvent): RunReview['config'] {
  const read = attempt(() => readRunConfig(path));
  return 'value' in read ? read.value : config;
}

/** Runs what may fail for a reason that people can read; any other error is a bug and goes on. */
function attempt<T>(body: () => T): Found<T> {
  try {
    return { value: body() };
  } catch (error) {
    return { missing: reason(error) };
  }
}

async function attemptAsync<T>(body: () => Promise<T>): Promise<Found<T>> {
  try {
    return { value: await body() };
  } catch (error) {
    return { missing: reason(error) };
  }
}

function reason(error: unknown): string {
  if (error instanceof FerError) return error.message;
  throw error;
}

const INCIDENT_NOTES: readonly NoteEvent['kind'][] = ['resume', 'pause', 'continue', 'lr', 'stopping'];

function incidentsOf(events: readonly TrainEvent[]): Incident[] {
  const incidents: Incident[] = [];
  let epochs = 0;
  for (const event of events) {
    if (event.type === 'epoch') epochs = event.epoch;
    const isIncident =
      event.type === 'error' || (event.type === 'note' && INCIDENT_NOTES.includes(event.kind));
    if (isIncident) incidents.push({ epochs, kind: kindOf(event), message: event.message });
  }
  return incidents;
}

const kindOf = (event: NoteEvent | ErrorEvent): Incident['kind'] =>
  event.type === 'error' ? 'error' : event.kind;

interface OpenedWeights {
  readonly file: string;
  readonly path: string;
  readonly saved: SavedModel;
}

function openWeights(folder: string): OpenedWeights {
  const file = ['best.safetensors', 'last.safetensors'].find((name) => existsSync(join(folder, name)));
  if (file === undefined)
    throw new RunError(`${folder}: there are no weights; a run saves them after its first epoch`);
  const path = join(folder, file);
  const saved = loadModel(path);
  requireFit(saved, path);
  return { file, path, saved };
}

function reviewedWeights({ file, saved }: OpenedWeights): ReviewedWeights {
  return { file, classes: saved.classes, network: saved.network.summary(), filters: firstFilters(saved) };
}

async function evaluated(
  { saved, path }: OpenedWeights,
  config: RunReview['config'],
  { data, adapter, onProgress }: ReviewOptions,
): Promise<ReviewedEvaluation> {
  const { name, split } = await validationImages(saved, config, dirname(path), { data, onProgress });
  const gpu = await openGpu({ adapter });
  try {
    const learner = new Learner(gpu, saved.network);
    learner.writeWeights(saved.weights);
    const probabilities = await predictSplit(learner, split, saved.preprocess, 'none', (done, total) =>
      onProgress?.('classifying the validation images', done, total),
    );
    const { classes } = saved;
    const metrics = probabilityMetrics(probabilities, split.labels, classes.length);
    const perClass = classMetrics(metrics.confusion, classes);
    return {
      ...{ ...metrics, perClass, macroF1: macroF1(perClass), data: name, adapter: gpu.info.name },
      count: split.labels.length,
      bins: reliability(probabilities, split.labels, classes.length),
      ...mistakesOf(probabilities, split, classes.length),
    };
  } finally {
    gpu.close();
  }
}

/** The validation images that the run had, with labels in the order of the weights' classes. Throws FerError. */
async function validationImages(
  saved: SavedModel,
  config: RunReview['config'],
  run: string,
  { data: given, onProgress }: ReviewOptions,
): Promise<{ name: string; split: Split }> {
  const path = given ?? config['data'];
  if (typeof path !== 'string')
    throw new RunError('the run has not recorded its data; give them with --data');
  const dataset = await loadDataset(path, {
    ...dataOptions(config, run),
    onProgress: ({ done, total }) => onProgress?.('reading the data', done, total),
  });
  const split = mapLabels(dataset.splits.validation, {
    from: dataset.classes,
    to: saved.classes,
    skipUnknown: false,
  });
  if (split.labels.length === 0) throw new RunError(`${path} has no validation images`);
  return { name: dataset.name, split };
}

function mistakesOf(
  probabilities: Float32Array,
  { images, labels }: Split,
  classes: number,
): Pick<ReviewedEvaluation, 'mistakes' | 'wrong'> {
  const wrong = mistakes(probabilities, labels, classes);
  const size = FACE_SIZE ** 2;
  const shown = wrong.slice(0, MISTAKES).map((mistake) => ({
    ...mistake,
    own: probabilities[mistake.index * classes + mistake.label] as number,
    picture: {
      ...{ width: FACE_SIZE, height: FACE_SIZE, channels: 1 as const },
      data: images.slice(mistake.index * size, (mistake.index + 1) * size),
    },
  }));
  return { mistakes: shown, wrong: wrong.length };
}
