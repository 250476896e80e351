import type { Gpu } from './device.js';
import { ShaderError } from './errors.js';
import { gpuWait } from './polling.js';
import { type Constants, explainCompileErrors, fillConstants, shaderSource } from './shader.js';

/**
 * One entry point of one shader, as the host sees it. Bindings are numbered in the order `reads`, `writes`,
 * then the uniform `Params` struct if there are params. What stands in `constants` is compiled in (a new
 * pipeline for each value); what changes from call to call belongs into `params`.
 */
export interface Kernel {
  /** `<shader>.<entry>`; names the kernel in messages, traces and benchmarks. */
  readonly name: string;
  /** File in shaders/, without its ending. */
  readonly shader: string;
  /** Entry point in it. */
  readonly entry: string;
  /** Names of the tensors it reads, in binding order. */
  readonly reads: readonly string[];
  /** Names of the tensors it writes, in binding order. */
  readonly writes: readonly string[];
  /** Fields of the shader's params struct in order, each `name: u32` or `name: f32`. */
  readonly params: Readonly<Record<string, 'u32' | 'f32'>>;
}

/** All kernels by name, for the doctor, the benchmarks and the test that compares them with their shaders. */
export const kernels = new Map<string, Kernel>();

export function defineKernel(
  shader: string,
  entry: string,
  spec: Omit<Kernel, 'name' | 'shader' | 'entry'>,
): Kernel {
  const kernel = { name: `${shader}.${entry}`, shader, entry, ...spec };
  if (kernels.has(kernel.name)) throw new ShaderError(`kernel ${kernel.name} is defined twice`);
  kernels.set(kernel.name, kernel);
  return kernel;
}

/** The compiled pipeline of a kernel; errors of the shader surface through `checkShaders`. */
export function pipelineOf(gpu: Gpu, kernel: Kernel, constants: Constants): GPUComputePipeline {
  const key = `${kernel.name} ${JSON.stringify(constants)}`;
  let pipeline = gpu.pipelines.get(key);
  if (pipeline === undefined) {
    const code = fillConstants(kernel.shader, shaderSource(kernel.shader), constants);
    gpu.device.pushErrorScope('validation');
    const module = gpu.device.createShaderModule({ label: kernel.name, code });
    pipeline = gpu.device.createComputePipeline({
      label: kernel.name,
      layout: 'auto',
      compute: { module, entryPoint: kernel.entry },
    });
    pendingScopes.push({
      kernel,
      code,
      module,
      scope: gpuWait(() => gpu.device.popErrorScope()),
    });
    gpu.pipelines.set(key, pipeline);
  }
  return pipeline;
}

interface PendingScope {
  readonly kernel: Kernel;
  readonly code: string;
  readonly module: GPUShaderModule;
  readonly scope: Promise<GPUError | null>;
}

const pendingScopes: PendingScope[] = [];

/** Resolves once all pipelines made so far are known to be good; throws the first ShaderError. */
export async function checkShaders(): Promise<void> {
  for (const { kernel, code, module, scope } of pendingScopes.splice(0)) {
    const error = await scope;
    if (error === null) continue;
    await explainCompileErrors(module, kernel.shader, code);
    throw new ShaderError(`kernel ${kernel.name}: ${error.message}`);
  }
}

/** Packs params in declaration order into 16-byte multiples, as a uniform struct of scalars is laid out. */
export function packParams(kernel: Kernel, values: Readonly<Record<string, number>>): ArrayBuffer {
  const fields = Object.entries(kernel.params);
  const view = new DataView(new ArrayBuffer(Math.ceil(fields.length / 4) * 16));
  fields.forEach(([name, type], i) => {
    const value = values[name];
    if (value === undefined) throw new ShaderError(`kernel ${kernel.name}: param ${name} was not given`);
    if (type === 'f32') view.setFloat32(i * 4, value, true);
    else if (Number.isInteger(value) && value >= 0) view.setUint32(i * 4, value, true);
    else throw new ShaderError(`kernel ${kernel.name}: param ${name} is u32, got ${value}`);
  });
  return view.buffer;
}
