import type { Gpu } from '../gpu/device.js';
import type { CommandInfo } from '../gpu/recorder.js';
import type { Tensor } from '../gpu/tensor.js';
import type { NamedArray } from './parameters.js';
import type { Step } from './step.js';

/** All that went on inside one training step. */
export interface Trace {
  /** Per layer: input (where several meet, the first), output, and the gradient of the loss by the output (absent where nobody needed it). */
  readonly layers: ReadonlyMap<
    string,
    {
      /** The first input. */
      input: NamedArray;
      /** What the layer made. */
      output: NamedArray;
      /** Of the loss by the output; undefined where none was needed. */
      gradient: NamedArray | undefined;
    }
  >;
  /** Gradient of each trainable weight. */
  readonly weightGradients: ReadonlyMap<string, NamedArray>;
  /** The kernels that ran layer by layer, in order. */
  readonly kernels: readonly CommandInfo[];
}

/** Reads back what a step that was observed has left. */
export async function readTrace(gpu: Gpu, step: Step): Promise<Trace> {
  const read = async (tensor: Tensor): Promise<NamedArray> => ({
    shape: tensor.shape,
    data: await gpu.read(tensor),
  });
  const layers = new Map<
    string,
    { input: NamedArray; output: NamedArray; gradient: NamedArray | undefined }
  >();
  for (const { name, inputs, output } of step.layers) {
    const gradient = output.grad && (await read(output.grad));
    layers.set(name, { input: await read(inputs[0].value), output: await read(output.value), gradient });
  }
  const weightGradients = new Map<string, NamedArray>();
  for (const [name, { grad }] of step.vars)
    if (grad !== undefined) weightGradients.set(name, await read(grad));
  return { layers, weightGradients, kernels: step.program.commands };
}
