import type { Gpu } from '../device.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { Moments } from './batch_norm.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { BlockGradient } from './elu_norm_pool.js';
import type { BlockEnd } from './inference_block.js';
import type { Format } from './storage.js';

/** Names of the ways in tuning tables, benchmarks and `withForced`. */
export type ConvWayName = 'naive' | 'subgroup' | 'gray' | 'winograd4' | 'winograd6';

/**
 * One way to compute a convolution and its gradients: an object in a file of its own, listed in conv2d.ts. All ways agree
 * within the tolerance of the kernel checks. The tuning of the device chooses one per layer shape.
 */
export interface ConvWay {
  readonly name: ConvWayName;
  /** Whether its kernels can compute the convolution on this device. */
  fits(gpu: Gpu, g: ConvGeometry): boolean;
  /** Whether `forward` can apply an `affine` to x while reading it. */
  readonly takesAffine: boolean;
  /** y = conv(x, weight) + bias, or elu(y). */
  forward(rec: Recorder, operands: ConvOperands, g: ConvGeometry, options: ForwardOptions): ConvOutput;
  /**
   * dw and db from dy [B, OH, OW, OC]; dx too, if it is wanted and the way has an input gradient of its own. Where dx is
   * undefined, `conv2dInputGradient` computes it.
   */
  gradients(
    rec: Recorder,
    operands: GradientOperands,
    dy: Tensor,
    g: ConvGeometry,
    options: GradientOptions,
  ): ConvGradients;
  /** The same from the gradient of a fused block, without storing its dz. Undefined where the way cannot do this. */
  blockGradients?(
    rec: Recorder,
    operands: GradientOperands,
    gradient: BlockGradient,
    g: ConvGeometry,
    options: GradientOptions,
  ): ConvGradients | undefined;
  /**
   * For inference: a convolution fused with the end of its block, [B, OH / size, OW / size, OC]. Undefined where the way
   * cannot do this.
   */
  block?(
    rec: Recorder,
    operands: ConvOperands,
    end: BlockEnd,
    g: ConvGeometry,
    prepare: Recorder,
  ): Tensor | undefined;
}

/** The inputs of a forward pass. */
export interface ConvOperands {
  /** [B, H, W, IC] */
  readonly x: Tensor;
  /** [KH, KW, IC, OC] */
  readonly weight: Tensor;
  /** [OC], or none. */
  readonly bias: Tensor | undefined;
  /** Scale and offset [2, IC]: with it, x * scale + offset is convolved, padded with zeros. Only for ways with `takesAffine`. */
  readonly affine?: Tensor | undefined;
}

export type GradientOperands = Omit<ConvOperands, 'bias'>;

/** Extra work on y that a convolution can do while y is in registers. */
export interface ConvExtraOptions {
  /** Applies ELU with this alpha to y; default: no activation. */
  readonly alpha?: number | undefined;
  /** Whether to compute the moments of y, for the batch norm that follows; default false. */
  readonly moments?: boolean | undefined;
  /** Gamma [OC] of a batch norm followed by 2 x 2 max pooling: asks for the winners of the windows. */
  readonly gamma?: Tensor | undefined;
}

export interface ForwardOptions extends ConvExtraOptions {
  /** Whether a backward pass follows. */
  readonly keep: boolean;
  /** Recorder for work that depends on the weights alone. */
  readonly prepare: Recorder;
  /** Storage format of the tensors between a way's kernels; default f32. */
  readonly format?: Format;
}

/** The results of the extra work. Undefined where not asked for, or where the way cannot do it. */
export interface ConvExtras {
  readonly moments: Moments | undefined;
  /** [B, OH / 2, OW / 2, OC]: for each window, the y that is largest after normalisation. */
  readonly winner: Tensor | undefined;
}

/** x and the weight in the Winograd domain. The gradients reuse them. */
export interface ConvKept {
  readonly format: Format;
  /** Transformed x: [points, tiles, IC]. */
  readonly v: Tensor;
  /** Transformed weight: [points, IC, OC]. */
  readonly u: Tensor;
}

/** The outputs of a forward pass. */
export interface ConvOutput extends ConvExtras {
  /** [B, OH, OW, OC] */
  readonly y: Tensor;
  /** For the gradients. Undefined: they need only x and the weight. */
  readonly kept: ConvKept | undefined;
}

export interface GradientOptions {
  /** What the forward pass kept. The gradients release it. */
  readonly kept?: ConvKept | undefined;
  /** Whether dx is wanted. A first layer's input is data, so its dx, a third of the work, would be wasted. */
  readonly inputGradient: boolean;
}

export interface ConvGradients {
  /** [B, H, W, IC]; undefined where not wanted. */
  readonly dx: Tensor | undefined;
  /** [KH, KW, IC, OC] */
  readonly dw: Tensor;
  /** [OC] */
  readonly db: Tensor;
}
