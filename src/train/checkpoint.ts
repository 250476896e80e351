import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.js';
import type { LearnerState } from '../nn/learner.js';
import type { NamedArray } from '../nn/parameters.js';
import { atomicWrite } from '../util/atomic_write.js';
import { RunError } from '../util/errors.js';
import { foreignJson, isMapping } from '../util/foreign.js';
import { readWhole } from '../util/read_whole.js';
import { systemReason } from '../util/system_reason.js';
import type { CallbackStates } from './callbacks/callback.js';
import { requireSound } from './soundness.js';

/** The progress of a training as plain data. Together with the learner's state it is enough to continue a run exactly. */
export interface TrainerState {
  /** Completed epochs. */
  readonly epoch: number;
  /** Completed steps of the current epoch. */
  readonly index: number;
  /** Sums over those steps. */
  readonly sums: {
    /** Of losses, each times its batch. */
    readonly loss: number;
    /** Of right answers. */
    readonly correct: number;
    /** Of images. */
    readonly count: number;
  };
  /** Learning rate before the schedule's factor. */
  readonly rate: number;
  /** Whether a callback has stopped the training. */
  readonly early: boolean;
  /** States of callbacks by name. */
  readonly callbacks: CallbackStates;
  /** Seconds of training so far, including those before the run was resumed. */
  readonly seconds: number;
}

/** The layout of version 0.1: `early` may be missing, and the best epoch is not yet part of a callback's state. */
interface OldTrainerState extends Omit<TrainerState, 'early'> {
  readonly early?: boolean;
  readonly best?: { readonly epoch: number; readonly acc: number } | null;
}

/** Converts the layout of version 0.1 to the current one. */
function upgraded({ best, ...state }: OldTrainerState): TrainerState {
  const { early = false, callbacks } = state;
  if (best === undefined) return { ...state, early };
  return {
    ...{ ...state, early },
    callbacks: {
      ...callbacks,
      checkpoint: {
        ...asObject(callbacks['checkpoint']),
        bestEpoch: best?.epoch ?? 0,
        bestAcc: best?.acc ?? null,
      },
      earlyStopping: { ...asObject(callbacks['earlyStopping']), stopped: early },
    },
  };
}

const asObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});

/** That of today, with a checksum, and the one before. */
const [FORMAT, FORMER] = ['fer-tui checkpoint 2', 'fer-tui checkpoint 1'];
const [WEIGHTS, OPTIMIZER] = ['weights/', 'optimizer/'];

/** Writes a checkpoint atomically: after a crash the file is either the old or the new one. Throws RunError. */
export function saveCheckpoint(path: string, learner: LearnerState, trainer: TrainerState): void {
  const tensors = new Map<string, NamedArray>();
  for (const [name, array] of learner.weights) tensors.set(WEIGHTS + name, array);
  for (const [name, array] of learner.optimizer) tensors.set(OPTIMIZER + name, array);
  const { stepCount, learningRate, averaged } = learner;
  const state = JSON.stringify({ stepCount, learningRate, averaged, trainer });
  atomicWrite(path, encodeSafetensors(tensors, { format: FORMAT, state }));
}

/** What `saveCheckpoint` writes beside the arrays. */
interface State {
  readonly stepCount: number;
  readonly learningRate: number;
  readonly averaged?: number;
  readonly trainer: OldTrainerState;
}

function isState(value: unknown): value is State {
  if (!isMapping(value) || !isMapping(value['trainer'])) return false;
  const { stepCount, learningRate, averaged = 0, trainer } = value;
  const { epoch, index, sums, rate, seconds, callbacks } = trainer as Record<string, unknown>;
  if (!isMapping(sums) || !isMapping(callbacks)) return false;
  const counts = [stepCount, averaged, epoch, index];
  const numbers = [learningRate, rate, seconds, sums['loss'], sums['correct'], sums['count']];
  return (
    counts.every((count) => Number.isInteger(count) && Number(count) >= 0) &&
    numbers.every((number) => typeof number === 'number') &&
    (index === 0) === (sums['count'] === 0) &&
    Object.values(callbacks).every(isCallbackState)
  );
}

/** What the callbacks of fer-tui keep that are numbers, or null before the first. */
const NUMBERS = ['best', 'bestEpoch', 'bestAcc', 'wait', 'cooldown'];

const isCallbackState = (state: unknown): boolean =>
  !isMapping(state) || NUMBERS.every((name) => typeof (state[name] ?? 0) === 'number');

/** Reads a checkpoint. Throws RunError when the file is missing, damaged, or not a checkpoint. */
export function loadCheckpoint(path: string): { learner: LearnerState; trainer: TrainerState } {
  let bytes: Uint8Array;
  try {
    bytes = readWhole(path);
  } catch (cause) {
    throw new RunError(`cannot read the checkpoint ${path}: ${systemReason(cause)}`, { cause });
  }
  const { tensors, metadata, verified } = decodeSafetensors(bytes, path);
  if (metadata['format'] !== (verified ? FORMAT : FORMER))
    throw new RunError(`${path}: not a checkpoint of this version of fer-tui`);
  requireSound(path, tensors);
  const state = foreignJson(metadata['state'] ?? '{}', `${path}: damaged: its state`);
  if (!isState(state))
    throw new RunError(`${path}: damaged: its state lacks the numbers that a training goes on from`);
  const { trainer, averaged = 0, ...counts } = state;
  const under = (prefix: string): Map<string, NamedArray> =>
    new Map(
      [...tensors].flatMap(([name, array]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), array]] : [],
      ),
    );
  return {
    learner: { ...counts, averaged, weights: under(WEIGHTS), optimizer: under(OPTIMIZER) },
    trainer: upgraded(trainer),
  };
}
