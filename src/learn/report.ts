import type { LayerOption } from '../nn/layer.js';
import type { ImageDraw } from '../util/image_draw.js';
import type { Stats } from './stats.js';

/**
 * What a dissected training step says about itself: plain data, so that it can be sent to another process, printed, or held
 * to a reference. Every number comes from the kernels that train, unless its field says otherwise.
 */

/** The stages of a training step, in order. */
export const STAGES = ['batch', 'augmentation', 'forward', 'loss', 'backward', 'update', 'again'] as const;
export type Stage = (typeof STAGES)[number];

/** What each stage is called. */
export const STAGE_TITLES: Readonly<Record<Stage, string>> = {
  batch: 'batch',
  augmentation: 'augmentation',
  forward: 'forward',
  loss: 'loss',
  backward: 'backward',
  update: 'update',
  again: 'same batch again',
};

/** A layer of the network. Shapes have no batch axis. */
export interface LearnLayer {
  readonly name: string;
  /** Keras's class name. */
  readonly kind: string;
  /** Names of the layers that it reads; empty if it reads the images. */
  readonly from: readonly string[];
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly settings: Readonly<Record<string, LayerOption>>;
  readonly weights: readonly {
    /** With the layer's name, e.g. `conv2d/kernel`. */
    readonly name: string;
    readonly shape: readonly number[];
    readonly trainable: boolean;
  }[];
}

/** The step that is dissected. */
export interface LearnReport {
  /** The network's name. */
  readonly network: string;
  /** Where the weights come from, in words. */
  readonly source: string;
  readonly layers: readonly LearnLayer[];
  /** Names of the outputs. */
  readonly classes: readonly string[];
  /** Name of the data set. */
  readonly data: string;
  /** Number of images in the batch. */
  readonly count: number;
  /** [H, W, C] of an image. */
  readonly shape: readonly [number, number, number];
  /** [count] true classes. */
  readonly labels: readonly number[];
  /** Whether the class of the first image is the network's own guess. */
  readonly guessed: boolean;
  /** Number of weights that are NaN or infinite. */
  readonly badWeights: number;
  /** Number of the step over the life of the weights, from 1. */
  readonly step: number;
  readonly seed: number;
  readonly optimizer: string;
  readonly learningRate: number;
  /** Bytes on the device for the step: values, gradients, weights and optimiser state. */
  readonly bytes: number;
  readonly adapter: string;
}

/** A layer's output in numbers. */
export interface LayerStats {
  readonly name: string;
  readonly output: Stats;
  /** Gradient of the loss with respect to the output; undefined before the backward stage, and where there is none. */
  readonly gradient: Stats | undefined;
  readonly channels: number;
  /** Channels whose values are all the same in the whole batch. */
  readonly dead: number;
}

/** A weight array in numbers. */
export interface WeightStats {
  readonly name: string;
  readonly shape: readonly number[];
  readonly weight: Stats;
  readonly gradient: Stats;
  /** |gradient| / |weight|, by their norms; NaN where all weights are 0. */
  readonly ratio: number;
  /** Norm of the change by the update, divided by |weight|; undefined before the update. */
  readonly moved: number | undefined;
}

/** The result of a stage. */
export type StageReport =
  | {
      readonly stage: 'batch';
      /** [count, H, W, C] as stored, 0 to 255. */
      readonly pixels: Uint8Array;
      /** Images of each class. */
      readonly counts: readonly number[];
    }
  | {
      readonly stage: 'augmentation';
      /** [count, H, W, C] as the network gets them. */
      readonly images: Float32Array;
      /** How each image was changed. */
      readonly draws: readonly ImageDraw[];
      readonly preprocess: string;
      readonly stats: Stats;
    }
  | { readonly stage: 'forward'; readonly layers: readonly LayerStats[] }
  | {
      readonly stage: 'loss';
      /** [count, classes] */
      readonly logits: Float32Array;
      readonly probabilities: Float32Array;
      /** Gradient of the mean loss with respect to the logits, [count, classes]. */
      readonly gradient: Float32Array;
      /** [count] */
      readonly losses: Float32Array;
      /** Mean of `losses`. */
      readonly loss: number;
      readonly correct: number;
      readonly labelSmoothing: number;
    }
  | {
      readonly stage: 'backward';
      readonly layers: readonly LayerStats[];
      readonly weights: readonly WeightStats[];
    }
  | { readonly stage: 'update'; readonly weights: readonly WeightStats[]; readonly learningRate: number }
  | {
      readonly stage: 'again';
      /** Mean loss of the batch before and after the update, with the same dropout masks. */
      readonly before: number;
      readonly after: number;
      /** The change of the loss to first order: the sum over all weights of gradient times change, in float64. */
      readonly predicted: number;
      /** [count] */
      readonly losses: Float32Array;
      readonly lossesBefore: Float32Array;
      readonly correct: number;
    };

/** Which values of a layer to read. */
export const VALUES = ['output', 'input', 'output gradient', 'input gradient'] as const;
export type ValueKind = (typeof VALUES)[number];

/** One image's values in a layer, and what the batch says about each channel. */
export interface LayerView {
  readonly layer: string;
  readonly kind: ValueKind;
  readonly image: number;
  /** [H, W, C], or [C]. */
  readonly shape: readonly number[];
  /** Undefined if there is no such value; the message says why. */
  readonly values: Float32Array | undefined;
  readonly message: string;
  /** Of the whole batch. */
  readonly stats: Stats;
  /** Of each channel over the whole batch. */
  readonly channels: readonly Stats[];
  /** For sorting: the mean of |gradient| of each channel; zeros before the backward stage. */
  readonly gradients: readonly number[];
}
