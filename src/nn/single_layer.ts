import type { Gpu } from '../gpu/device.js';
import type { CommandInfo } from '../gpu/program.js';
import { Recorder } from '../gpu/recorder.js';
import type { Tensor } from '../gpu/tensor.js';
import { Var } from './autograd.js';
import type { Context, TensorVar } from './context.js';
import type { LayerInputs } from './layer.js';
import type { PlacedLayer } from './network.js';
import { mustGet, tensorTape } from './step.js';

/** A layer with its inputs and weights. The tensors are only read. */
export interface SingleLayer {
  readonly placed: PlacedLayer;
  /** Position in the network, from which dropout derives its mask. */
  readonly index: number;
  readonly last: boolean;
  readonly inputs: readonly [Tensor, ...Tensor[]];
  /** By their full names. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /** Gradient of the output; undefined: forward only. */
  readonly dy: Tensor | undefined;
  readonly stepState: Tensor;
}

/** The output of a single layer, and what computed it. */
export interface SingleResult {
  readonly y: Float32Array;
  /** Its dispatches: their scope is `forward` or `backward`. */
  readonly kernels: readonly (CommandInfo & { readonly nanoseconds: number })[];
}

/**
 * Runs one layer alone in training mode, forward and backward, on values of a step: to compare ways to compute it.
 * @param runs how often it is timed; each dispatch gets the shortest of its times. Throws GpuValidationError on adapters
 * without timestamp queries.
 */
export async function runSingleLayer(gpu: Gpu, layer: SingleLayer, runs = 3): Promise<SingleResult> {
  const rec = new Recorder(gpu, { keepAll: true });
  const { placed, index, last, stepState, dy } = layer;
  try {
    const tape = tensorTape(rec);
    const vars = new Map<string, TensorVar>(
      [...layer.weights].map(([name, tensor]) => {
        const trainable = placed.weights.find((spec) => spec.name === name)?.trainable === true;
        return [name, new Var(tensor, trainable, name)];
      }),
    );
    const weight = (name: string): TensorVar => mustGet(vars, name);
    const ctx: Context = {
      ...{
        rec,
        prepare: rec,
        tape,
        training: true,
        format: 'f32',
        deferredNorms: new Map(),
        stepState,
        weight,
      },
    };
    const inputOf = (tensor: Tensor): TensorVar => new Var(tensor, true, tensor.label);
    const [first, ...rest] = layer.inputs;
    const inputs: LayerInputs = [inputOf(first), ...rest.map(inputOf)];
    const place = { get: (name: string) => weight(`${placed.name}/${name}`), index, last };
    const output = rec.scope('forward', () => placed.layer.call(ctx, inputs, place));
    if (dy !== undefined && output !== inputs[0]) rec.scope('backward', () => tape.backward(output, dy));
    const program = await rec.finish();
    try {
      await program.compile();
      let best = await program.profile();
      for (let i = 1; i < runs; i++) {
        const times = await program.profile();
        best = best.map((time, k) => Math.min(time, times[k] ?? time));
      }
      const y = await gpu.read(output.value);
      const kernels = program.commands.map((command, i) => ({
        ...command,
        scope: command.scope.split('/')[0] ?? '',
        nanoseconds: best[i] ?? Number.NaN,
      }));
      return { y, kernels };
    } finally {
      program.dispose();
    }
  } catch (error) {
    rec.abandon();
    throw error;
  }
}
