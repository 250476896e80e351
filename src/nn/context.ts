import type { Affine } from '../gpu/kernels/batch_norm.js';
import type { Format } from '../gpu/kernels/storage.js';
import type { Recorder } from '../gpu/recorder.js';
import type { Tensor } from '../gpu/tensor.js';
import type { Tape, Var } from './autograd.js';

/** A differentiable value on the device. */
export type TensorVar = Var<Tensor>;

/** What ops and layers work in: where to record, what to remember, and in which mode. */
export interface Context {
  /** Where ops record their dispatches. */
  readonly rec: Recorder;
  /** Where to record what depends on the weights alone: in training the same recorder, else one that runs when they change. */
  readonly prepare: Recorder;
  /** What ops write down for the backward pass. */
  readonly tape: Tape<Tensor>;
  /** Training: batch statistics, dropout. Otherwise moving averages, no dropout. */
  readonly training: boolean;
  /** How convolutions store what lies between their own kernels. */
  readonly format: Format;
  /**
   * Values before their batch normalisation, and what it does to them: each is left to the one convolution that reads it.
   * A gradient of such a value is one of what the normalisation makes of it.
   */
  readonly left: Map<TensorVar, Affine>;
  /** The step state (index, seed, rate, slot) as u32/f32 words; see learner.ts. */
  readonly step: Tensor;
  /** The live weight of a name such as `conv2d/kernel`. */
  weight(name: string): TensorVar;
}
