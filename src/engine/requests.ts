import type { Summary } from '../bench/statistics.js';
import type { Twin } from '../data/facts.js';
import type { Correction, Decision } from '../data/labels_file.js';
import type { Labels, SplitName } from '../data/types.js';
import type { Inspection } from '../inspect/result.js';
import type { KernelReport } from '../learn/kernels.js';
import type { Arithmetic } from '../learn/layers/arithmetic.js';
import type { LossArithmetic, NumberPlace } from '../learn/numbers.js';
import type { LayerView, LearnReport, Stage, StageReport, ValueKind } from '../learn/report.js';
import type { LearnRequest } from '../learn/source.js';
import type { WeightReport } from '../learn/weights.js';
import type { LayerOption } from '../nn/layer.js';
import type { CvReport } from '../study/cv.js';
import type { Importance } from '../study/importance.js';
import type { TrialRecord } from '../study/trial.js';
import type { Monitor } from '../train/callbacks/monitor.js';
import type { RunReport } from '../train/runs.js';
/**
 * The requests that the engine answers: arguments, progress and result of each. They are sent as structured clones, which may
 * contain typed arrays but no functions. A new request needs an entry here and a handler in `handlers.ts`.
 */
export interface Requests {
  /** All runs in a folder, newest first. */
  'runs.list': { args: { folder: string }; progress: never; result: RunReport[] };
  /** The folders of all studies in a folder, newest first. */
  'studies.list': { args: { folder: string }; progress: never; result: string[] };
  /** A study with the present state of its trials. */
  'studies.show': { args: { path: string }; progress: never; result: StudyReport };
  /** The adapter that training would use. */
  'machine.probe': { args: { adapter?: string }; progress: never; result: MachineReport };
  /** Loads and checks a data set, without its bad rows. It stays in memory for the following requests. */
  'data.open': { args: DataPlace; progress: Share; result: DataReport };
  /** The faces with these indices: pixels [indices.length, 48, 48]. */
  'data.faces': { args: FacePlace & { indices: readonly number[] }; progress: never; result: Uint8Array };
  /** One face, augmented as training with these settings does in its first epochs: [epochs, 48, 48]. */
  'data.augment': {
    args: FacePlace & { index: number; augment: string; seed: number; epochs: number };
    progress: never;
    result: Uint8Array;
  };
  /** Groups of identical images. */
  'data.duplicates': { args: DataPlace; progress: never; result: Twin[][] };
  /** The corrections of a data set in a file, which need not exist. */
  'data.corrections': { args: DataPlace & { labels: string }; progress: never; result: Correction[] };
  /** Writes a decision about one image into a file of corrections, or removes it. Returns the new content of the file. */
  'data.correct': {
    args: FacePlace & { index: number; labels: string; decision: Decision | undefined };
    progress: never;
    result: Correction[];
  };
  /** Classifies every image of a split with a weight file. */
  'data.predict': { args: FacePlace & { weights: string }; progress: Share; result: Predictions };
  /** The trained networks that come with fer-tui, and those of the runs in a folder. */
  'weights.list': { args: { folder: string }; progress: never; result: WeightFile[] };
  /** Describes a built-in network, given its name, or the network of a weight file, given its path. */
  'model.describe': { args: { model: string }; progress: never; result: ModelReport };
  /** The weights of one layer. */
  'model.weights': { args: LayerPlace; progress: never; result: LayerArray[] };
  /** What a network has learned, by the methods of one face: of a shipped network, given its name, or of a weight file. */
  'model.inspect': {
    args: { model: string; image?: string | undefined };
    progress: Share;
    result: Inspection;
  };
  /** All kernels that run on the adapter. */
  'kernels.list': { args: object; progress: never; result: KernelList };
  /** Compares kernels with the reference and, with `timed`, times those that have variants. Results arrive as progress. */
  'kernels.bench': {
    args: { ids: readonly string[]; timed: boolean };
    progress: { id: string; share: number; outcome?: undefined } | { id: string; outcome: KernelOutcome };
    /** Number of requested kernels. */
    result: number;
  };
  /** The WGSL files of a kernel. */
  'kernels.source': { args: { id: string }; progress: never; result: ShaderFile[] };
  /** Makes a variant the choice for its shape in this machine's tuning table. */
  'kernels.pin': { args: { id: string }; progress: never; result: { keys: string[]; path: string } };
  /** Undoes the pinned choice for the shape of a kernel. */
  'kernels.unpin': { args: { id: string }; progress: never; result: { keys: string[]; path: string } };
  /** The kernels that train a layer. `owner` is the layer that it is fused with, or the layer itself. */
  'model.kernels': { args: LayerPlace; progress: never; result: { owner: string; files: ShaderFile[] } };

  /** Prepares a training step to be taken apart. It stays on the device until `learn.close` or the next `learn.open`. */
  'learn.open': { args: LearnRequest; progress: Share; result: LearnReport };
  /** Computes a stage of the step. */
  'learn.stage': { args: { stage: Stage }; progress: never; result: StageReport };
  /** One image's values in a layer. */
  'learn.view': {
    args: { layer: number; kind: ValueKind; image: number };
    progress: never;
    result: LayerView;
  };
  /** How one number of a layer is made. */
  'learn.number': { args: NumberPlace; progress: never; result: Arithmetic };
  /** How the loss of an image is made, and the gradient of one logit. */
  'learn.loss': { args: { image: number; c: number }; progress: never; result: LossArithmetic };
  /** One weight: its gradient, its central difference, its update. */
  'learn.weight': {
    args: { weight: string; index?: number | undefined };
    progress: never;
    result: WeightReport;
  };
  /** The kernels of a layer, timed, and their sources. */
  'learn.kernels': {
    args: { layer: number };
    progress: never;
    result: { report: KernelReport; files: ShaderFile[] };
  };
  /** Frees the step's memory. */
  'learn.close': { args: object; progress: never; result: number };
}

/** Progress of a request. */
export interface Share {
  readonly done: number;
  readonly total: number;
}

export interface DataPlace {
  /** A path or name, as for `--data`. */
  readonly path: string;
  /** Names of its classes, as for `--classes`. */
  readonly classes?: string | undefined;
}

export interface FacePlace extends DataPlace {
  readonly split: SplitName;
}

/** A data set without its pixels. */
export interface DataReport {
  readonly path: string;
  readonly name: string;
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<SplitName, { labels: Labels; constant: readonly number[] }>>;
  /** Notes on how the classes were determined. */
  readonly notes: readonly string[];
  /** Rows that could not be read. */
  readonly skipped: number;
  /** Position and fault of the first few. */
  readonly bad: readonly string[];
}

export interface WeightFile {
  readonly label: string;
  readonly path: string;
}

export interface LayerPlace {
  readonly model: string;
  readonly layer: string;
}

/** A network, layer by layer. Shapes and costs are those of one image; shapes have no batch axis. */
export interface ModelReport {
  readonly name: string;
  readonly trained: boolean;
  /** Run, epoch and validation accuracy of a trained network. */
  readonly notes: Readonly<Record<string, string>>;
  readonly trainable: number;
  readonly nonTrainable: number;
  readonly input: readonly number[];
  readonly layers: readonly LayerReport[];
}

export interface LayerReport {
  readonly name: string;
  readonly kind: string;
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** Names of the layers that this one reads; empty if it reads the images. */
  readonly from: readonly string[];
  readonly params: number;
  readonly flop: number;
  /** Size of the output. */
  readonly bytes: number;
  /** Receptive field of one output value: pixels along an edge of the image; undefined for the whole image. */
  readonly sees: number | undefined;
  readonly settings: Readonly<Record<string, LayerOption>>;
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

export interface LayerArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A file of shaders/, with the entry points that are used. */
export interface ShaderFile {
  readonly name: string;
  readonly entries: readonly string[];
  readonly text: string;
}

export interface KernelList {
  readonly adapter: string;
  /** Batch size of the timed kernels. */
  readonly batch: number;
  readonly entries: readonly KernelEntry[];
}

/** A kernel variant at one size. An entry without `group` is a check that is not timed. */
export interface KernelEntry {
  readonly id: string;
  readonly kernel: string;
  /** Empty if the kernel has no variants. */
  readonly variant: string;
  readonly size: string;
  /** The same for all variants that compute the same result. */
  readonly group?: string;
  /** Whether training uses this variant. */
  readonly chosen?: boolean;
  /** Whether a person made it the choice. */
  readonly pinned?: boolean;
}

export interface KernelOutcome {
  readonly id: string;
  /** Norm of the difference from the float64 reference, relative to its norm; NaN if the kernel did not run. */
  readonly error: number;
  readonly ok: boolean;
  readonly differs?: { readonly index: number; readonly got: number; readonly want: number };
  /** Why it did not run, for example the compiler's message. */
  readonly failed?: string;
  readonly ms?: Summary;
  readonly gflops?: number;
  readonly gbytes?: number;
}

/** The most probable class of each image, and its probability. */
export interface Predictions {
  /** Those of the data, then those that only the model knows. */
  readonly classes: readonly string[];
  /** Indices into `classes`. */
  readonly predicted: Labels;
  readonly confidence: Float32Array;
}

export interface MachineReport {
  readonly adapter: string;
  readonly software: boolean;
  readonly f16: boolean;
  readonly timestamps: boolean;
}

export type RequestName = keyof Requests;
export type Args<K extends RequestName> = Requests[K]['args'];
export type Progress<K extends RequestName> = Requests[K]['progress'];
export type Result<K extends RequestName> = Requests[K]['result'];

export interface StudyReport {
  readonly name: string;
  readonly path: string;
  readonly objective: Monitor;
  /** Trials to begin. */
  readonly planned: number;
  /** By number; those that are being trained up to their last complete epoch. */
  readonly trials: readonly TrialRecord[];
  /** Number of lines in its list of trials that cannot be read; they are ignored. */
  readonly damagedLines?: number | undefined;
  /** Only of a cross-validation. */
  readonly cv?: CvReport | undefined;
  /** Undefined for a cross-validation, and while too few trials have results. */
  readonly importance: Importance | undefined;
}
