import type { Summary } from '../bench/statistics.js';
import type { Twin } from '../data/facts.js';
import type { SplitName } from '../data/types.js';
import type { LayerOption } from '../nn/layer.js';
import type { RunReport } from '../train/runs.js';
/**
 * What a screen may ask the engine for, by name: arguments, progress, result. They travel as structured clones, so
 * typed arrays do and functions do not. A new one needs an entry here and a handler in `handlers.ts`.
 */
export interface Requests {
  /** All runs of a folder, the latest first. */
  'runs.list': { args: { folder: string }; progress: never; result: RunReport[] };
  /** The adapter that training would use. */
  'machine.probe': { args: { adapter?: string }; progress: never; result: MachineReport };
  /** Reads and checks a data set, leaving bad rows out; it is kept for the requests that follow. */
  'data.open': { args: DataPlace; progress: Share; result: DataReport };
  /** Pixels [indices.length, 48, 48]. */
  'data.faces': { args: FacePlace & { indices: readonly number[] }; progress: never; result: Uint8Array };
  /** A face as training with these settings sees it in its first epochs: [epochs, 48, 48]. */
  'data.augment': {
    args: FacePlace & { index: number; augment: string; seed: number; epochs: number };
    progress: never;
    result: Uint8Array;
  };
  'data.duplicates': { args: DataPlace; progress: never; result: Twin[][] };
  /** What a weight file says about every image of a split. */
  'data.predict': { args: FacePlace & { weights: string }; progress: Share; result: Predictions };
  /** Trained networks, of the runs in a folder and shipped ones. */
  'weights.list': { args: { folder: string }; progress: never; result: WeightFile[] };
  /** A built-in network by name, or a weight file by path. */
  'model.describe': { args: { model: string }; progress: never; result: ModelReport };
  'model.weights': { args: LayerPlace; progress: never; result: LayerArray[] };
  /** `owner`: the layer that it is computed together with, or itself. */
  /** Every kernel there is on the adapter. */
  'kernels.list': { args: object; progress: never; result: KernelList };
  /** Holds kernels to the reference and, with `timed`, measures those that have variants; results come as progress. */
  'kernels.bench': {
    args: { ids: readonly string[]; timed: boolean };
    progress: { id: string; share: number; outcome?: undefined } | { id: string; outcome: KernelOutcome };
    /** How many were asked for. */
    result: number;
  };
  'kernels.source': { args: { id: string }; progress: never; result: ShaderFile[] };
  /** Puts a variant into the tuning table of this machine. */
  'kernels.pin': { args: { id: string }; progress: never; result: { keys: string[]; path: string } };
  'model.kernels': { args: LayerPlace; progress: never; result: { owner: string; files: ShaderFile[] } };
}

/** How far something is. */
export interface Share {
  readonly done: number;
  readonly total: number;
}

export interface DataPlace {
  /** As `--data` takes it. */
  readonly path: string;
}

export interface FacePlace extends DataPlace {
  readonly split: SplitName;
}

/** A data set without its pixels. */
export interface DataReport extends DataPlace {
  readonly name: string;
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<SplitName, { labels: Uint8Array; constant: readonly number[] }>>;
  /** Rows that could not be read. */
  readonly skipped: number;
  /** Where the first of them are, and what is wrong. */
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

/** A network, layer by layer, for one image. Shapes have no batch axis. */
export interface ModelReport {
  readonly name: string;
  readonly trained: boolean;
  /** Of a trained one: run, epoch, validation accuracy. */
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
  /** Names of the layers whose outputs go in; empty for the images. */
  readonly from: readonly string[];
  readonly params: number;
  readonly flop: number;
  /** Of its output. */
  readonly bytes: number;
  /** Pixels of the image, along an edge, that one value sees; undefined: all. */
  readonly sees: number | undefined;
  readonly settings: Readonly<Record<string, LayerOption>>;
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

export interface LayerArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A file of shaders/, and which of its entry points are meant. */
export interface ShaderFile {
  readonly name: string;
  readonly entries: readonly string[];
  readonly text: string;
}

export interface KernelList {
  readonly adapter: string;
  /** Images of a timed batch. */
  readonly batch: number;
  readonly entries: readonly KernelEntry[];
}

/** A way to compute something at a size; without `group`, a check that is not timed. */
export interface KernelEntry {
  readonly id: string;
  readonly kernel: string;
  /** Empty where there is one way. */
  readonly variant: string;
  readonly size: string;
  /** What all variants of the same work share. */
  readonly group?: string;
  /** Whether training takes this variant. */
  readonly chosen?: boolean;
}

export interface KernelOutcome {
  readonly id: string;
  /** Relative in norm, against the float64 reference; NaN when it did not run. */
  readonly error: number;
  readonly ok: boolean;
  readonly differs?: { readonly index: number; readonly got: number; readonly want: number };
  /** Why it did not run, e.g. the compiler's words. */
  readonly failed?: string;
  readonly ms?: Summary;
  readonly gflops?: number;
  readonly gbytes?: number;
}

/** By image: the most probable class, and its probability. */
export interface Predictions {
  readonly said: Uint8Array;
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
