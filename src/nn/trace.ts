import type { CommandInfo } from '../gpu/program.js';
import type { Tensor } from '../gpu/tensor.js';
import type { Observation } from './observation.js';
import type { NamedArray } from './parameters.js';

/** The inner values of one training step. */
export interface Trace {
  /**
   * For each layer: its (first) input, its output, and the gradient of the loss with respect to the output (absent where
   * it was not needed).
   */
  readonly layers: ReadonlyMap<
    string,
    {
      /** The first input. */
      input: NamedArray;
      /** The layer's output. */
      output: NamedArray;
      /** Gradient of the loss with respect to the output; undefined where not needed. */
      gradient: NamedArray | undefined;
    }
  >;
  /** Gradient of each trainable weight. */
  readonly weightGradients: ReadonlyMap<string, NamedArray>;
  /** The dispatches of the layer-by-layer run, in order. */
  readonly kernels: readonly CommandInfo[];
}

/** Reads all values of a step that has run. */
export async function readTrace(observation: Observation): Promise<Trace> {
  const read = async (tensor: Tensor): Promise<NamedArray> => ({
    shape: tensor.shape,
    data: await observation.gpu.read(tensor),
  });
  const layers = new Map<
    string,
    { input: NamedArray; output: NamedArray; gradient: NamedArray | undefined }
  >();
  for (const { name, inputs, output } of observation.layers) {
    const gradient = output.grad && (await read(output.grad));
    layers.set(name, { input: await read(inputs[0].value), output: await read(output.value), gradient });
  }
  const weightGradients = new Map<string, NamedArray>();
  for (const [name, { grad }] of observation.weights)
    if (grad !== undefined) weightGradients.set(name, await read(grad));
  return { layers, weightGradients, kernels: observation.commands };
}
