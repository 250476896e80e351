import type { Gpu } from '../device.js';
import type { Recorder } from '../recorder.js';
import type { Tensor } from '../tensor.js';
import type { Affine, Moments } from './batch_norm.js';
import type { ConvGeometry } from './conv2d_geometry.js';
import type { BlockGradient } from './elu_norm_pool.js';
import type { BlockEnd } from './inference_block.js';
import type { Format } from './storage.js';

/** The names of the ways in tuning tables, benchmarks and `withForced`. */
export type ConvWayName = 'naive' | 'subgroup' | 'gray' | 'winograd4' | 'winograd6';

/**
 * One way to compute a convolution, with its gradients: an object in a file of its own, listed in conv2d.ts. All ways agree
 * within the tolerance of the kernel checks; the tuning of the device says which is taken for a layer.
 */
export interface ConvWay {
  readonly name: ConvWayName;
  /** Whether its kernels cover the convolution on this device. */
  fits(gpu: Gpu, g: ConvGeometry): boolean;
  /** Whether `forward` can apply an `affine` to x as it reads it. */
  readonly takesAffine: boolean;
  /** y = conv(x, weight) + bias, or elu of it. */
  forward(rec: Recorder, operands: ConvOperands, g: ConvGeometry, options: ForwardOptions): ConvOutput;
  /**
   * dw and db from dy [B, OH, OW, OC]. dx too if it is asked for and the way has an input gradient of its own: where it is
   * undefined, `conv2dInputGradient` makes it.
   */
  gradients(
    rec: Recorder,
    operands: GradientOperands,
    dy: Tensor,
    g: ConvGeometry,
    options: GradientOptions,
  ): ConvGradients;
  /** The same from the parts that a fused block's dz is made of, so that dz is never stored; undefined: it cannot. */
  blockGradients?(
    rec: Recorder,
    operands: GradientOperands,
    gradient: BlockGradient,
    g: ConvGeometry,
    options: GradientOptions,
  ): ConvGradients | undefined;
  /** In inference, a convolution and the end of its block in one: [B, OH / size, OW / size, OC]; undefined: it cannot. */
  block?(
    rec: Recorder,
    operands: ConvOperands,
    end: BlockEnd,
    g: ConvGeometry,
    prepare: Recorder,
  ): Tensor | undefined;
}

/** What a forward pass computes with. */
export interface ConvOperands {
  /** [B, H, W, IC] */
  readonly x: Tensor;
  /** [KH, KW, IC, OC] */
  readonly weight: Tensor;
  /** [OC]; undefined: none. */
  readonly bias: Tensor | undefined;
  /** x * scale + offset is convolved, with zeros around that; default x itself. For ways that take one. */
  readonly affine?: Affine | undefined;
}

export type GradientOperands = Omit<ConvOperands, 'bias'>;

/** What a convolution may do to y, or find out about it, while it has it in registers. */
export interface ConvExtraOptions {
  /** Of the ELU that is applied to y; default: none is applied. */
  readonly alpha?: number | undefined;
  /** Whether the moments of y are wanted, for the batch norm behind it; default false. */
  readonly moments?: boolean | undefined;
  /** [OC], of a batch norm before max pooling of 2 x 2: the winners of the windows are wanted. */
  readonly gamma?: Tensor | undefined;
}

export interface ForwardOptions extends ConvExtraOptions {
  /** Whether a backward pass follows. */
  readonly keep: boolean;
  /** Where what depends on the weights alone is recorded. */
  readonly prepare: Recorder;
  /** How a way stores what lies between its kernels, if it has several; default f32. */
  readonly format?: Format;
}

/** What it found out; undefined where nobody asked, or the way cannot. */
export interface ConvExtras {
  readonly moments: Moments | undefined;
  /** [B, OH / 2, OW / 2, OC]: of each window the y that is largest once normalised. */
  readonly winner: Tensor | undefined;
}

/** x and the weight in the form that Winograd's algorithm multiplies, which its gradients use again. */
export interface ConvKept {
  readonly format: Format;
  /** x: [points, tiles, IC]. */
  readonly v: Tensor;
  /** The weight: [points, IC, OC]. */
  readonly u: Tensor;
}

/** What a forward pass makes. */
export interface ConvOutput extends ConvExtras {
  /** [B, OH, OW, OC] */
  readonly y: Tensor;
  /** For the gradients; undefined: they need x and the weight alone. */
  readonly kept: ConvKept | undefined;
}

export interface GradientOptions {
  /** What the forward pass kept, which is released. */
  readonly kept?: ConvKept | undefined;
  /** Whether dx is wanted. A first layer's input is data: its gradient, a third of the work, is of no use. */
  readonly inputGradient: boolean;
}

export interface ConvGradients {
  /** [B, H, W, IC]; undefined where it is not wanted. */
  readonly dx: Tensor | undefined;
  /** [KH, KW, IC, OC] */
  readonly dw: Tensor;
  /** [OC] */
  readonly db: Tensor;
}
