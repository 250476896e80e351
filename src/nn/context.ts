import type { Format } from '../gpu/kernels/storage.js';
import type { Recorder } from '../gpu/recorder.js';
import type { Tensor } from '../gpu/tensor.js';
import type { Tape, Var } from './autograd.js';

/** A differentiable value on the device. */
export type TensorVar = Var<Tensor>;

/** Everything that ops and layers need in order to record themselves. */
export interface Context {
  /** Where ops record their dispatches. */
  readonly rec: Recorder;
  /**
   * Recorder for work that depends on the weights alone. In training it is `rec`. Otherwise its program runs only after
   * the weights change.
   */
  readonly prepare: Recorder;
  /** Where ops record their backward functions. */
  readonly tape: Tape<Tensor>;
  /** True: batch statistics and dropout. False: moving averages, no dropout. */
  readonly training: boolean;
  /** Storage format of the tensors between the kernels of a convolution. */
  readonly format: Format;
  /**
   * Outputs whose batch norm is deferred to the one convolution that reads them, with the normalisation to apply: scale and
   * offset [2, C]. The gradient of such a Var is that of the normalised value.
   */
  readonly deferredNorms: Map<TensorVar, Tensor>;
  /**
   * Receives the output of the network if a fused op has already applied the last softmax. Undefined if the loss needs the
   * logits, because the softmax is part of it.
   */
  readonly softmaxed?: Set<TensorVar> | undefined;
  /** The step state [index, seed, learning rate, ring slot] as u32 and f32 words; see learner.ts. */
  readonly stepState: Tensor;
  /** Receives inner values of ops by name, such as the mean of a batch norm. Set only in observed steps. */
  readonly observe?: ((name: string, inner: TensorVar) => void) | undefined;
  /** The variable of a weight by its full name, such as `conv2d/kernel`. */
  weight(name: string): TensorVar;
}
